#include "raft/transport/zeromq/endpoint.h"

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

bool HasColon(const std::string& address) {
  return address.find(':') != std::string::npos;
}

}  // namespace

std::string TcpEndpoint(const std::string& address, uint16_t port) {
  const bool brackets = HasColon(address);
  return absl::StrCat("tcp://", brackets ? "[" : "", address,
                      brackets ? "]" : "", ":",
                      port == 0 ? "*" : absl::StrCat(port));
}

bool NeedsIpv6(const std::string& address) {
  // "*" is all addresses of both kinds.
  return address == "*" || HasColon(address);
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
