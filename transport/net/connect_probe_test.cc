// Each probe has its answer at once: over loopback a connection is made or
// refused within the call.
#include "raft/transport/net/connect_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

// A socket that has a port of 127.0.0.1, and listens if told to.
class Port {
 public:
  Port() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
              0);
    socklen_t size = sizeof(address);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Port() { close(fd_); }
  void Listen() { EXPECT_EQ(listen(fd_, 1), 0); }
  uint16_t port() const { return port_; }

 private:
  const int fd_;
  uint16_t port_;
};

TEST(ConnectProbe, SaysThatNobodyListens) {
  const Port port;
  ConnectProbe probe;
  EXPECT_FALSE(probe.started());
  probe.Start("127.0.0.1", port.port());
  ASSERT_TRUE(probe.started());
  EXPECT_EQ(probe.Result().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(probe.Result().message()), HasSubstr("refused"));
}

TEST(ConnectProbe, IsOkWhereSomebodyDoes) {
  Port port;
  port.Listen();
  ConnectProbe probe;
  probe.Start("127.0.0.1", port.port());
  EXPECT_EQ(probe.Result(), absl::OkStatus());
}

TEST(ConnectProbe, SaysThatThereIsNoSuchFile) {
  ConnectProbe probe;
  probe.StartPath("/no/such/folder/nobody.sock");
  EXPECT_THAT(std::string(probe.Result().message()),
              HasSubstr("no such socket file"));
}

TEST(ConnectProbe, SaysThatNoDescriptorIsLeft) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ConnectProbe probe;
  probe.Start("127.0.0.1", 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(probe.Result().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace raft_cluster::internal
