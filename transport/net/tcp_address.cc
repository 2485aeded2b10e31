#include "raft/transport/net/tcp_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

// Builds the parts of one address and words its errors.
class Parser {
 public:
  explicit Parser(const Url& url) : url_(url) {}

  absl::StatusOr<TcpAddress> Parse() {
    absl::string_view host;
    absl::string_view port;
    absl::Status status = Split(host, port);
    if (status.ok()) status = ParseHost(host);
    if (status.ok()) status = ParsePort(port);
    if (!status.ok()) return status;
    return std::move(parsed_);
  }

 private:
  absl::Status Error(absl::string_view part, absl::string_view value,
                     absl::string_view what) const {
    return UrlError(url_, part, value, what);
  }

  absl::Status Split(absl::string_view& host, absl::string_view& port) {
    absl::string_view address = url_.address;
    if (absl::ConsumePrefix(&address, "[")) {
      const size_t end = address.find(']');
      if (end == absl::string_view::npos) {
        return Error("the host", "", "opens a bracket and does not close it");
      }
      in_brackets_ = true;
      host = address.substr(0, end);
      port = address.substr(end + 1);
      if (absl::ConsumePrefix(&port, ":")) return absl::OkStatus();
      return Error("the address", "", "has no port; write [host]:port");
    }
    const size_t colon = address.find(':');
    if (colon == absl::string_view::npos) {
      return Error("the address", "", "has no port; write host:port");
    }
    host = address.substr(0, colon);
    port = address.substr(colon + 1);
    if (port.find(':') != absl::string_view::npos) {
      return Error("the address", "",
                   "has more than one ':'; write an IPv6 address in brackets, "
                   "[::1]:10001");
    }
    return absl::OkStatus();
  }

  absl::Status ParseHost(absl::string_view host) {
    if (in_brackets_) return ParseIpv6(host);
    if (host == "*") {
      parsed_.host = "*";
      return absl::OkStatus();
    }
    // As a resolver sees it, a name whose last label is a number is an IPv4
    // address or a mistake ("127.1", "10.0.0.256").
    absl::string_view last = absl::StripSuffix(host, ".");
    last = last.substr(last.rfind('.') + 1);
    if (last.empty() ||
        !std::all_of(last.begin(), last.end(), absl::ascii_isdigit)) {
      return ParseHostName(host);
    }
    in_addr ip;
    parsed_.host = std::string(host);
    if (inet_pton(AF_INET, parsed_.host.c_str(), &ip) == 1) {
      return CheckIpv4(host, ip);
    }
    return Error("host", host,
                 "is not an IPv4 address: four numbers in 0..255 without "
                 "leading zeros");
  }

  // No server can have one of these, in any network.
  absl::Status CheckIpv4(absl::string_view host, in_addr ip) const {
    const uint32_t address = ntohl(ip.s_addr);
    if (IN_MULTICAST(address)) {
      return Error("host", host,
                   "is a multicast address, at which no server can listen");
    }
    if (address == INADDR_BROADCAST) {
      return Error("host", host,
                   "is the broadcast address, at which no server can listen");
    }
    return absl::OkStatus();
  }

  absl::Status ParseHostName(absl::string_view host) {
    constexpr absl::string_view kAllowed =
        "is not an IPv4 address, an IPv6 address in brackets, '*' or a host "
        "name: labels of letters, digits, '-' and '_', between dots, each of "
        "1..63 bytes and without '-' at its ends, 253 bytes in all";
    const absl::string_view name = absl::StripSuffix(host, ".");
    if (name.size() > kMaxHostBytes) return Error("host", host, kAllowed);
    for (absl::string_view label : absl::StrSplit(name, '.')) {
      const bool valid =
          !label.empty() && label.size() <= kMaxLabelBytes &&
          label.front() != '-' && label.back() != '-' &&
          std::all_of(label.begin(), label.end(), [](char c) {
            return absl::ascii_isalnum(c) || c == '-' || c == '_';
          });
      if (!valid) return Error("host", host, kAllowed);
    }
    // One spelling for one host: urls are compared as text, to find two entries
    // with one address, and strangers.
    parsed_.host = absl::AsciiStrToLower(host);
    return absl::OkStatus();
  }

  absl::Status ParseIpv6(absl::string_view host) {
    const std::string shown = absl::StrCat("[", host, "]");
    in6_addr ip;
    if (inet_pton(AF_INET6, std::string(host).c_str(), &ip) != 1 ||
        host.find('\0') != absl::string_view::npos) {
      return Error("host", shown, "is not an IPv6 address (without a zone)");
    }
    char canonical[INET6_ADDRSTRLEN];
    if (IN6_IS_ADDR_V4MAPPED(&ip)) {  // Another spelling of the IPv4 address.
      in_addr ip4;
      std::copy_n(ip.s6_addr + 12, sizeof(ip4),
                  reinterpret_cast<uint8_t*>(&ip4));
      inet_ntop(AF_INET, &ip4, canonical, sizeof(canonical));
      parsed_.host = canonical;
      return CheckIpv4(shown, ip4);
    }
    // "::1" has a dozen spellings.
    inet_ntop(AF_INET6, &ip, canonical, sizeof(canonical));
    parsed_.host = canonical;
    if (IN6_IS_ADDR_MULTICAST(&ip)) {
      return Error("host", shown,
                   "is a multicast address, at which no server can listen");
    }
    if (IN6_IS_ADDR_LINKLOCAL(&ip)) {
      return Error("host", shown,
                   "is a link-local address, which means nothing without a "
                   "zone, and the zone differs from machine to machine; use a "
                   "global or a unique local address");
    }
    return absl::OkStatus();
  }

  absl::Status ParsePort(absl::string_view port) {
    if (port == "*") return absl::OkStatus();
    // SimpleAtoi alone would let signs and spaces pass.
    const bool digits = !port.empty() && std::all_of(port.begin(), port.end(),
                                                     absl::ascii_isdigit);
    uint32_t number = 0;
    if (!digits || !absl::SimpleAtoi(port, &number) || number > 65535) {
      return Error("port", port,
                   "is not in 1..65535 (nor 0 or '*', a port of the system's "
                   "choice)");
    }
    parsed_.port = static_cast<uint16_t>(number);
    return absl::OkStatus();
  }

  const Url& url_;
  bool in_brackets_ = false;
  TcpAddress parsed_;
};

}  // namespace

// Good to listen on, and no address to be called at.
bool TcpAddress::wildcard() const {
  return port == 0 || host == "*" || host == "0.0.0.0" || host == "::";
}

std::string TcpAddress::ToString() const {
  const bool brackets = host.find(':') != std::string::npos;
  return absl::StrCat(brackets ? "[" : "", host, brackets ? "]" : "", ":",
                      port);
}

absl::StatusOr<TcpAddress> ParseTcpAddress(const Url& url) {
  return Parser(url).Parse();
}

absl::StatusOr<TcpAddress> NearAddress(int fd) {
  sockaddr_storage near = {};
  socklen_t size = sizeof(near);
  TcpAddress address;
  char text[INET6_ADDRSTRLEN] = "";
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&near), &size) == 0) {
    if (near.ss_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(&near);
      inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
      address.port = ntohs(v4->sin_port);
    } else if (near.ss_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&near);
      inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
      address.port = ntohs(v6->sin6_port);
    }
  }
  address.host = text;
  if (address.host.empty()) {
    return absl::UnavailableError("the socket is bound to no TCP address");
  }
  return address;
}

absl::StatusOr<ParsedUrl> ParseTcpUrl(const Url& url) {
  const absl::StatusOr<TcpAddress> address = ParseTcpAddress(url);
  if (!address.ok()) return address.status();
  ParsedUrl parsed = {url, address->wildcard()};
  parsed.url.address = address->ToString();
  return parsed;
}

}  // namespace raft_cluster::internal
