// The addresses that a status port may have.
//
// Thread rule: functions of values.
#ifndef RAFT_STATUS_ADDRESS_H_
#define RAFT_STATUS_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

struct StatusAddress {
  std::string host;  // An IPv4 address.
  uint16_t port = 0;

  bool loopback() const;
  std::string ToString() const;
};

// "127.0.0.1:8001" or "localhost:8001". INVALID_ARGUMENT: anything else.
absl::StatusOr<StatusAddress> ParseStatusAddress(absl::string_view text);

// Calls it and hangs up at once.
void CallPort(const StatusAddress& address);

// Whether a request that names this host (its header Host, "" if it has none)
// means this machine. A web site can make a browser ask 127.0.0.1, but only by
// a name of its own.
bool NamesThisMachine(absl::string_view host);

}  // namespace raft_cluster::internal

#endif  // RAFT_STATUS_ADDRESS_H_
