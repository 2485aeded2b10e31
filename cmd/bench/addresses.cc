#include "raft/cmd/bench/addresses.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "raft/cmd/bench/own_folder.h"

namespace raft_cluster::internal {
namespace {

absl::Status SystemError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

// Binds a free port and leaves the socket in `held`, so that the next one gets
// another.
absl::StatusOr<uint16_t> BindAnyPort(std::vector<int>& held) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemError("cannot make a socket");
  held.push_back(fd);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, generic, size) != 0 || getsockname(fd, generic, &size) != 0) {
    return SystemError("cannot bind a port of 127.0.0.1");
  }
  return ntohs(address.sin_port);
}

bool HasPorts(absl::string_view scheme) {
  return scheme == "tcp" || scheme == "plain" || scheme == "tls";
}

bool HasPaths(absl::string_view scheme) {
  return scheme == "ipc" || scheme == "unix" || scheme == "shm";
}

absl::Status PickPorts(absl::string_view scheme, int count,
                       std::vector<std::string>& urls) {
  std::vector<int> held;
  absl::Status status;
  for (int i = 0; i < count && status.ok(); ++i) {
    const absl::StatusOr<uint16_t> port = BindAnyPort(held);
    status = port.status();
    if (port.ok()) urls.push_back(absl::StrCat(scheme, "://127.0.0.1:", *port));
  }
  for (const int fd : held) close(fd);
  return status;
}

}  // namespace

absl::StatusOr<Addresses> Addresses::Pick(const std::string& transport,
                                          int count) {
  Addresses addresses;
  if (HasPorts(transport)) {
    const absl::Status status = PickPorts(transport, count, addresses.urls_);
    if (!status.ok()) return status;
    return addresses;
  }
  std::string prefix = absl::StrCat(transport, "://");
  if (HasPaths(transport)) {
    absl::StatusOr<std::string> folder = MakeOwnFolder();
    if (!folder.ok()) return folder.status();
    addresses.folder_ = *std::move(folder);
    absl::StrAppend(&prefix, addresses.folder_, "/");
  }
  for (int i = 1; i <= count; ++i) {
    addresses.urls_.push_back(absl::StrCat(prefix, "server-", i));
  }
  return addresses;
}

Addresses::Addresses(Addresses&& other) noexcept
    : urls_(std::move(other.urls_)),
      folder_(std::exchange(other.folder_, std::string())) {}

Addresses::~Addresses() { RemoveOwnFolder(folder_); }

}  // namespace raft_cluster::internal
