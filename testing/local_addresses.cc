#include "raft/testing/local_addresses.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/base/mutex.h"

namespace raft_cluster {
namespace {

// A Unix socket's path has at most 107 bytes; this leaves room for a name.
constexpr size_t kMaxFolderBytes = 80;
// A port that this process was given before is passed over, so often.
constexpr int kMaxPickedAgain = 1000;

absl::Status SystemError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

// 127.a.b.c with no part at an end of its range, different for any two
// processes.
std::string LoopbackAddressOfThisProcess() {
  const auto pid = static_cast<uint32_t>(getpid());
  return absl::StrCat("127.", 1 + pid / (254 * 254) % 254, ".",
                      1 + pid / 254 % 254, ".", 1 + pid % 254);
}

// True once per port. A cluster may start a server late, and until then
// nothing else would keep the system from giving its port away again.
bool ClaimPort(uint16_t port) {
  static internal::Mutex mu;
  static std::set<uint16_t>& claimed = *new std::set<uint16_t>;
  internal::MutexLock lock(mu);
  return claimed.insert(port).second;
}

// Binds port 0, and leaves the socket in `held`: a port that is passed over
// must stay taken for as long as the search goes on.
absl::StatusOr<uint16_t> BindAnyPort(const std::string& host,
                                     std::vector<int>& held) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("cannot make a socket");
  held.push_back(fd);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0) {
    return SystemError(absl::StrCat("cannot bind a port of ", host));
  }
  return ntohs(address.sin_port);
}

bool HasPorts(absl::string_view scheme) {
  return scheme == "tcp" || scheme == "plain" || scheme == "tls";
}

bool HasPaths(absl::string_view scheme) {
  return scheme == "ipc" || scheme == "unix" || scheme == "shm";
}

absl::StatusOr<std::vector<std::string>> PickPorts(absl::string_view scheme,
                                                   int count) {
  std::vector<int> held;
  absl::Cleanup free_ports = [&held] {
    for (int fd : held) close(fd);
  };
  const std::string host = LoopbackAddressOfThisProcess();
  std::vector<std::string> urls;
  int tries_left = count + kMaxPickedAgain;
  while (static_cast<int>(urls.size()) < count) {
    if (tries_left-- == 0) {
      return absl::UnavailableError(
          absl::StrCat("this process has used too many ports of ", host));
    }
    const absl::StatusOr<uint16_t> port = BindAnyPort(host, held);
    if (!port.ok()) return port.status();
    if (ClaimPort(*port)) {
      urls.push_back(absl::StrCat(scheme, "://", host, ":", *port));
    }
  }
  return urls;
}

// The folder that the test's runner offers, or /tmp where that path is too
// long for sockets.
absl::StatusOr<std::string> MakeFolder() {
  const char* offered = getenv("TEST_TMPDIR");
  std::string folder = offered != nullptr && strlen(offered) < kMaxFolderBytes
                           ? offered
                           : "/tmp";
  absl::StrAppend(&folder, "/raft-XXXXXX");
  if (mkdtemp(&folder[0]) == nullptr) {
    return SystemError(absl::StrCat("cannot make the folder ", folder));
  }
  return folder;
}

std::shared_ptr<const std::string> RemovedAtLast(std::string folder) {
  return std::shared_ptr<const std::string>(
      new std::string(std::move(folder)), [](const std::string* folder) {
        std::error_code ignored;  // What is left is the system's to clean.
        std::filesystem::remove_all(*folder, ignored);
        delete folder;
      });
}

}  // namespace

absl::StatusOr<LocalAddresses> LocalAddresses::Pick(absl::string_view scheme,
                                                    int count) {
  if (count <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot pick ", count, " addresses"));
  }
  LocalAddresses addresses;
  if (HasPorts(scheme)) {
    absl::StatusOr<std::vector<std::string>> urls = PickPorts(scheme, count);
    if (!urls.ok()) return urls.status();
    addresses.urls_ = *std::move(urls);
    return addresses;
  }
  std::string prefix = absl::StrCat(scheme, "://");
  if (HasPaths(scheme)) {
    absl::StatusOr<std::string> folder = MakeFolder();
    if (!folder.ok()) return folder.status();
    absl::StrAppend(&prefix, *folder, "/");
    addresses.folder_ = RemovedAtLast(*std::move(folder));
  }
  for (int i = 1; i <= count; ++i) {
    addresses.urls_.push_back(absl::StrCat(prefix, "server-", i));
  }
  return addresses;
}

}  // namespace raft_cluster
