#include "raft/examples/udp/address.h"

#include <arpa/inet.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace udp {

using raft_cluster::ParsedUrl;
using raft_cluster::Url;
using raft_cluster::UrlError;

absl::StatusOr<sockaddr_in> ParseAddress(const Url& url) {
  if (url.scheme != "udp") {
    return UrlError(url, "scheme", url.scheme, "is not \"udp\"");
  }
  const size_t colon = url.address.rfind(':');
  const std::string host = url.address.substr(0, colon);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
      ntohl(address.sin_addr.s_addr) >> 24 != 127) {
    return UrlError(url, "host", host, "is no address of 127.0.0.0/8");
  }
  uint32_t port = 0;
  const std::string digits =
      colon == std::string::npos ? "" : url.address.substr(colon + 1);
  if (!absl::SimpleAtoi(digits, &port) || port > 65535) {
    return UrlError(url, "port", digits, "is not in 0..65535");
  }
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

absl::StatusOr<ParsedUrl> ParseUrl(const Url& url) {
  const absl::StatusOr<sockaddr_in> address = ParseAddress(url);
  if (!address.ok()) return address.status();
  ParsedUrl parsed{url, /*wildcard=*/address->sin_port == 0};
  parsed.url.address = ToText(*address);  // Two spellings become one.
  return parsed;
}

std::string ToText(const sockaddr_in& address) {
  char host[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address.sin_addr, host, sizeof(host));
  return absl::StrCat(host, ":", ntohs(address.sin_port));
}

bool SameAddress(const sockaddr_in& a, const sockaddr_in& b) {
  return a.sin_addr.s_addr == b.sin_addr.s_addr && a.sin_port == b.sin_port;
}

}  // namespace udp
