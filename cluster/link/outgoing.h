// An envelope on its way into queues.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_LINK_OUTGOING_H_
#define RAFT_CLUSTER_LINK_OUTGOING_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "raft/cluster/link/item.h"
#include "raft/transport/frame.h"

namespace raft_cluster::internal {

// A msg of kReferenceBytes or more needs an owner: it is shared, not copied.
struct Outgoing {
  uint64_t id = 0;
  bool broadcast = false;
  Bytes msg;

  uint64_t cost() const { return msg.size() + kEnvelopeOverhead; }
  bool is_large() const;
};
inline constexpr size_t kReferenceBytes = (size_t{64} << 10) + 1;

inline bool Outgoing::is_large() const { return msg.size() >= kReferenceBytes; }

// Of bytes that live until the call that is given it returns.
Outgoing MakeOutgoing(absl::string_view msg, uint64_t id, bool broadcast);

// The most that a small one takes in memory, encoded.
inline size_t EncodedBytes(const Outgoing& envelope) {
  return kMaxItemPrefixBytes + envelope.msg.size();
}
// Encodes a small one, where others will stand behind it, up to `end`; returns
// its own end. REQUIRES: EncodedBytes() fit.
char* Encode(const Outgoing& envelope, char* to, char* end);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_OUTGOING_H_
