#include "raft/status/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

absl::Status Wrong(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("the status address \"", absl::CHexEscape(text),
                   "\" is not ADDRESS:PORT, such as 127.0.0.1:8001 (an IPv4 "
                   "address or localhost, and a port in 0..65535)"));
}

bool IsIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

}  // namespace

bool StatusAddress::loopback() const { return absl::StartsWith(host, "127."); }

std::string StatusAddress::ToString() const {
  return absl::StrCat(host, ":", port);
}

void CallPort(const StatusAddress& address) {
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  // Where it listens on all addresses, it does on this machine's own.
  const bool any = address.host == "0.0.0.0";
  inet_pton(AF_INET, any ? "127.0.0.1" : address.host.c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  (void)connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  close(fd);
}

absl::StatusOr<StatusAddress> ParseStatusAddress(absl::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return Wrong(text);
  StatusAddress address;
  address.host = std::string(text.substr(0, colon));
  if (address.host == "localhost") address.host = "127.0.0.1";
  const absl::string_view port = text.substr(colon + 1);
  int number;
  if (!IsIpv4(address.host) || port.empty() || !absl::ascii_isdigit(port[0]) ||
      !absl::SimpleAtoi(port, &number) || number > 65535) {
    return Wrong(text);
  }
  address.port = static_cast<uint16_t>(number);
  return address;
}

bool NamesThisMachine(absl::string_view host) {
  if (host.empty()) return true;  // No browser.
  const std::string name =
      absl::AsciiStrToLower(host.substr(0, host.rfind(':')));
  if (absl::StartsWith(host, "[::1]")) return true;
  return name == "localhost" ||
         (IsIpv4(name) && absl::StartsWith(name, "127."));
}

}  // namespace raft_cluster::internal
