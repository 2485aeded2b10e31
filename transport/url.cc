#include "raft/transport/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace raft_cluster {
namespace {

constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

// `"text"` as it was written, with what cannot be printed made visible.
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (absl::ascii_isprint(c)) {
      quoted += c;
    } else {
      const char* hex = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      absl::StrAppend(&quoted, "\\x", std::string(1, hex[byte >> 4]),
                      std::string(1, hex[byte & 15]));
    }
  }
  return quoted + "\"";
}

// Builds the parts of one url and words its errors.
class Parser {
 public:
  explicit Parser(absl::string_view text) : text_(text) {}

  absl::StatusOr<Url> Parse() {
    const size_t colon = text_.find("://");
    absl::string_view address = text_;
    if (colon == absl::string_view::npos) {
      url_.scheme = "tcp";
    } else {
      url_.scheme = absl::AsciiStrToLower(text_.substr(0, colon));
      address = text_.substr(colon + 3);
    }
    absl::Status status = ParseScheme();
    if (!status.ok()) return status;
    if (address.empty()) {
      return Error("the address", address,
                   "is empty; write host:port, tcp://host:port, ipc://path or "
                   "loopback://name");
    }
    if (url_.scheme == "tcp") {
      status = ParseTcp(address);
    } else if (url_.scheme == "ipc") {
      status = ParseIpc(address);
    } else if (url_.scheme == "loopback") {
      status = ParseLoopback(address);
    } else {
      url_.address = std::string(address);
    }
    if (!status.ok()) return status;
    return std::move(url_);
  }

 private:
  // `port 100001 of "127.0.0.1:100001" is not ...`
  absl::Status Error(absl::string_view part, absl::string_view value,
                     absl::string_view what) const {
    // An empty or a whole value would only repeat the text.
    const bool shown = !value.empty() && value != text_;
    return absl::InvalidArgumentError(
        absl::StrCat(part, shown ? " " : "", shown ? Printable(value) : "",
                     " of ", Quoted(text_), " ", what));
  }

  static std::string Printable(absl::string_view value) {
    const std::string quoted = Quoted(value);
    const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
      return absl::ascii_isgraph(c) != 0;
    });
    return plain ? std::string(value) : quoted;
  }

  absl::Status ParseScheme() {
    const std::string& scheme = url_.scheme;
    const bool valid =
        !scheme.empty() && absl::ascii_isalpha(scheme[0]) &&
        std::all_of(scheme.begin(), scheme.end(), [](char c) {
          return absl::ascii_isalnum(c) || c == '+' || c == '-' || c == '.';
        });
    if (valid) return absl::OkStatus();
    return Error("scheme", scheme,
                 "is not a letter, then letters, digits, '+', '-' or '.'");
  }

  absl::Status ParseTcp(absl::string_view address) {
    absl::string_view host;
    absl::string_view port;
    absl::Status status = SplitHostPort(address, host, port);
    if (status.ok()) status = ParseHost(host);
    if (status.ok()) status = ParsePort(port);
    if (!status.ok()) return status;
    url_.address = absl::StrCat(ipv6_ ? "[" : "", url_.host, ipv6_ ? "]" : "",
                                ":", url_.port);
    return absl::OkStatus();
  }

  absl::Status SplitHostPort(absl::string_view address, absl::string_view& host,
                             absl::string_view& port) {
    if (absl::ConsumePrefix(&address, "[")) {
      const size_t end = address.find(']');
      if (end == absl::string_view::npos) {
        return Error("the host", "", "opens a bracket and does not close it");
      }
      ipv6_ = true;
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
    if (ipv6_) return ParseIpv6(host);
    if (host == "*") {
      url_.host = "*";
      return absl::OkStatus();
    }
    // As a resolver sees it, a name whose last label is a number is an IPv4
    // address or a mistake ("127.1", "10.0.0.256").
    absl::string_view last = absl::StripSuffix(host, ".");
    last = last.substr(last.rfind('.') + 1);
    if (!last.empty() &&
        std::all_of(last.begin(), last.end(), absl::ascii_isdigit)) {
      in_addr ip;
      url_.host = std::string(host);
      if (inet_pton(AF_INET, url_.host.c_str(), &ip) == 1) {
        return absl::OkStatus();
      }
      return Error("host", host,
                   "is not an IPv4 address: four numbers in 0..255 without "
                   "leading zeros");
    }
    return ParseHostName(host);
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
    url_.host = absl::AsciiStrToLower(host);
    return absl::OkStatus();
  }

  absl::Status ParseIpv6(absl::string_view host) {
    in6_addr ip;
    if (inet_pton(AF_INET6, std::string(host).c_str(), &ip) != 1 ||
        host.find('\0') != absl::string_view::npos) {
      return Error("host", absl::StrCat("[", host, "]"),
                   "is not an IPv6 address (without a zone)");
    }
    char canonical[INET6_ADDRSTRLEN];
    if (IN6_IS_ADDR_V4MAPPED(&ip)) {  // Another spelling of the IPv4 address.
      ipv6_ = false;
      inet_ntop(AF_INET, ip.s6_addr + 12, canonical, sizeof(canonical));
    } else {
      inet_ntop(AF_INET6, &ip, canonical, sizeof(canonical));
    }
    url_.host = canonical;
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
    url_.port = static_cast<uint16_t>(number);
    return absl::OkStatus();
  }

  absl::Status ParseIpc(absl::string_view address) {
    const bool absolute = address.front() == '/';
    std::vector<absl::string_view> parts =
        absl::StrSplit(address, '/', absl::SkipEmpty());
    parts.erase(std::remove(parts.begin(), parts.end(), "."), parts.end());
    const absl::string_view last = parts.empty() ? "" : parts.back();
    if (last.empty() || last == ".." || absl::EndsWith(address, "/") ||
        absl::EndsWith(address, "/.")) {
      return Error("path", address, "names a folder, not a socket");
    }
    url_.address = absl::StrCat(absolute ? "/" : "", absl::StrJoin(parts, "/"));
    if (url_.address.size() > kMaxIpcPathBytes) {
      return Error(
          "path", address,
          absl::StrCat("is ", url_.address.size(),
                       " bytes long; a Unix socket's path has at most ",
                       kMaxIpcPathBytes));
    }
    if (url_.address.front() == '@') {
      return Error("path", address,
                   "begins with '@', which would name no file but an abstract "
                   "socket; those are not supported");
    }
    if (url_.address.find('\0') != std::string::npos) {
      return Error("path", address, "holds a NUL byte");
    }
    return absl::OkStatus();
  }

  absl::Status ParseLoopback(absl::string_view address) {
    const bool name = std::all_of(address.begin(), address.end(), [](char c) {
      return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' ||
             c == '/';
    });
    if (!name && address != "*") {
      return Error("name", address,
                   "is not '*', nor made of letters, digits, '.', '_', '-' and "
                   "'/'");
    }
    url_.address = std::string(address);
    return absl::OkStatus();
  }

  const absl::string_view text_;
  bool ipv6_ = false;
  Url url_;
};

}  // namespace

bool Url::wildcard() const {
  if (scheme == "tcp") {
    return port == 0 || host == "*" || host == "0.0.0.0" || host == "::";
  }
  return scheme == "loopback" && address == "*";
}

std::string Url::ToString() const {
  return absl::StrCat(scheme, "://", address);
}

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  return Parser(text).Parse();
}

}  // namespace raft_cluster
