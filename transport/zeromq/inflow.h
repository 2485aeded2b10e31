// How much libzmq holds of what came over one connection.
//
// It keeps the parts of a message until the last one is there, however many
// they are: who never sends a last one would make it take memory without end,
// and nobody would hear of it. But the system counts what a tcp connection has
// brought. Messages come out in the order in which they came in: whenever one
// does, libzmq has nothing of what came before it.
//
// Thread rule: values, and functions of them.
#ifndef RAFT_TRANSPORT_ZEROMQ_INFLOW_H_
#define RAFT_TRANSPORT_ZEROMQ_INFLOW_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/optional.h"

namespace raft_cluster::internal {
namespace zeromq {

class Inflow {
 public:
  // A message was taken from libzmq.
  void HandedOut() { has_handed_out_ = true; }

  // To be called every now and then, with all that libzmq has read so far.
  // Returns how much of what it had read by the last call it may hold.
  uint64_t Withheld(uint64_t read);
  // The same of what it had read by this call: time to look again soon, since
  // what it has read just now it may be about to hand out.
  uint64_t InHand() const { return read_ - finished_; }
  // That is more than heartbeats and the like come to.
  bool flows() const { return InHand() > kQuietBytes; }

 private:
  static constexpr uint64_t kQuietBytes = 4096;

  bool has_handed_out_ = false;
  uint64_t read_ = 0;      // As of the last call.
  uint64_t finished_ = 0;  // The part of it that is known to be done with.
};

// So much has been read from the tcp connection with this descriptor; nothing
// where it is none.
absl::optional<uint64_t> ReadFrom(int fd);

// Ends a connection that was accepted at this port, whatever its owner does
// with the descriptor meanwhile. False: it is no such one, or the system has no
// descriptor left, which it takes.
bool EndConnectionAt(uint16_t port, int fd);

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_INFLOW_H_
