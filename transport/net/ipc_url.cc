#include "raft/transport/net/ipc_url.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

absl::StatusOr<ParsedUrl> ParseIpcUrl(const Url& url) {
  const std::string& address = url.address;
  // One spelling for one socket, since urls are compared as text. ".." stays:
  // where it leads depends on links.
  std::vector<absl::string_view> parts =
      absl::StrSplit(address, '/', absl::SkipEmpty());
  parts.erase(std::remove(parts.begin(), parts.end(), "."), parts.end());
  const absl::string_view last = parts.empty() ? "" : parts.back();
  if (last.empty() || last == ".." || absl::EndsWith(address, "/") ||
      absl::EndsWith(address, "/.")) {
    return UrlError(url, "path", address, "names a folder, not a socket");
  }
  ParsedUrl parsed = {url, /*wildcard=*/false};
  std::string& path = parsed.url.address;
  path = absl::StrCat(absl::StartsWith(address, "/") ? "/" : "",
                      absl::StrJoin(parts, "/"));
  if (path.size() > kMaxIpcPathBytes) {
    return UrlError(
        url, "path", address,
        absl::StrCat("is ", path.size(),
                     " bytes long; a Unix socket's path has at most ",
                     kMaxIpcPathBytes));
  }
  if (path.front() == '@') {
    return UrlError(url, "path", address,
                    "begins with '@', which would name no file but an abstract "
                    "socket; those are not supported");
  }
  if (path.find('\0') != std::string::npos) {
    return UrlError(url, "path", address, "holds a NUL byte");
  }
  return parsed;
}

}  // namespace raft_cluster::internal
