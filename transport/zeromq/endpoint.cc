#include "transport/zeromq/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "absl/strings/str_cat.h"

namespace raft {
namespace zeromq {
namespace {

bool HasColon(const std::string& address) {
  return address.find(':') != std::string::npos;
}

}  // namespace

bool IsHostName(const std::string& host) {
  in_addr address;
  return host != "*" && !HasColon(host) &&
         inet_pton(AF_INET, host.c_str(), &address) != 1;
}

std::string TcpEndpoint(const std::string& address, uint16_t port) {
  const bool brackets = HasColon(address);
  return absl::StrCat("tcp://", brackets ? "[" : "", address,
                      brackets ? "]" : "", ":",
                      port == 0 ? "*" : absl::StrCat(port));
}

bool NeedsIpv6(const std::string& address) {
  return address == "*" || HasColon(address);
}

}  // namespace zeromq
}  // namespace raft
