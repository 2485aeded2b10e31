#include "raft/transport/net/bind_error.h"

#include <unistd.h>

#include <cerrno>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/tcp_address.h"

namespace raft_cluster::internal {
namespace {

// Of a Unix socket: what is no host and port.
bool IsPath(const Url& url) { return !ParseTcpAddress(url).ok(); }

// Of a port that needs a privilege, and only then.
absl::string_view LowPortHint(const Url& url) {
  const absl::StatusOr<TcpAddress> address = ParseTcpAddress(url);
  const bool low = address.ok() && address->port > 0 && address->port < 1024;
  return low ? "; ports below 1024 need a privilege" : "";
}

// There may be one in which the system lets nobody make a file, such as /proc.
bool HasFolder(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return access(folder.c_str(), F_OK) == 0;
}

}  // namespace

absl::Status BindError(const Url& url, int error, absl::string_view words) {
  if (error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot listen on \"", url.ToString(),
                     "\": ", DescriptorError(error).message()));
  }
  absl::string_view hint;
  switch (error) {
    case EADDRINUSE:
      hint =
          "; another process, perhaps the same server started twice, listens "
          "there";
      break;
    case EADDRNOTAVAIL:
    case ENODEV:
      hint = "; no network interface of this machine has the address";
      break;
    case EACCES:
      hint = IsPath(url) ? "; the folder is not writable by this user"
                         : LowPortHint(url);
      break;
    case ENOENT:
      if (!HasFolder(url.address)) hint = "; the folder does not exist";
      break;
    case ENOTDIR:
      hint = "; a part of the path before the last is a file";
      break;
    case EROFS:
      hint = "; choose a folder that can be written";
      break;
    case EAFNOSUPPORT:
      hint = "; this machine has no IPv6";
      break;
    default:
      break;
  }
  return absl::UnavailableError(
      absl::StrCat("cannot listen on \"", url.ToString(), "\": ", words, hint));
}

}  // namespace raft_cluster::internal
