// What a server says of its traffic when it starts: at an address that is not
// this machine's alone, which stands on the loopback interface of a network
// that the test has to itself.

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/test_keys.h"

namespace raft_cluster::internal {
namespace {

constexpr char kAddress[] = "10.11.12.13";

bool SetAddress(int socket, const char* interface, const char* address) {
  ifreq request = {};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  auto* const to = reinterpret_cast<sockaddr_in*>(&request.ifr_addr);
  to->sin_family = AF_INET;
  inet_pton(AF_INET, address, &to->sin_addr);
  if (ioctl(socket, SIOCSIFADDR, &request) != 0) return false;
  request.ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
  return ioctl(socket, SIOCSIFFLAGS, &request) == 0;
}

// This thread, and those that it starts, get a network of their own.
bool MakeNetwork() {
  if (unshare(CLONE_NEWNET) != 0 &&
      unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return false;
  }
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  const bool made = SetAddress(socket, "lo", "127.0.0.1") &&
                    SetAddress(socket, "lo:1", kAddress);
  close(socket);
  return made;
}

// How often a server that listens at `host` says that it is in the clear.
int WarningsAt(const std::string& host, const TestKeys* keys) {
  Config config;
  config.mutable_object()->set_total(2);
  for (const Pid pid : {1, 2}) {
    Config::Member* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    // The network is new, and all its ports are free.
    member->set_url(absl::StrCat("tcp://", host, ":", 10000 + pid));
  }
  Options options;
  if (keys != nullptr) {
    config = keys->ListedIn(config);
    options.key_file = keys->file(1);
  }
  const auto server = Server::Start(config, 1, options);
  EXPECT_THAT(server, IsOk());
  if (!server.ok()) return -1;
  int warnings = 0;
  for (;;) {
    const auto event = (*server)->NextEvent(absl::ZeroDuration());
    if (!event.ok()) return warnings;
    warnings += event->kind() == Event::IN_THE_CLEAR;
  }
}

TEST(InTheClear, IsSaidOnceByWhomOthersCanReachAndHasNoKeys) {
  if (!MakeNetwork()) {
    GTEST_SKIP() << "may not make a network: " << std::strerror(errno);
  }
  const TestKeys keys(2);
  EXPECT_EQ(WarningsAt(kAddress, nullptr), 1);
  EXPECT_EQ(WarningsAt("127.0.0.1", nullptr), 0);
  EXPECT_EQ(WarningsAt(kAddress, &keys), 0);
}

}  // namespace
}  // namespace raft_cluster::internal
