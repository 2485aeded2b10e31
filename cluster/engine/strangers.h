// Tells those whom this server refuses before any link knows of them why: of
// another cluster, of a pid that the configuration lacks, or looking for
// another server. Without that they would call for ever, and nobody at their
// end would know what is wrong.
//
// Whoever reaches the port can make a server answer, so what he can have of it
// is bounded: a note a second on one connection, and notes on so many
// connections at a time; all else is refused in silence. A note is never
// answered with one, or two servers that refuse each other would go on.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_STRANGERS_H_
#define RAFT_CLUSTER_ENGINE_STRANGERS_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "raft/base/clock.h"
#include "raft/cluster/link/link_options.h"
#include "raft/cluster/link/outgoing_frame.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/event.pb.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

class Strangers {
 public:
  // How many connections may be told something within a second.
  static constexpr size_t kMaxTold = 64;

  // `options` outlives this.
  explicit Strangers(const LinkOptions& options) : options_(options) {}

  // The frame of that header was refused for `reason`: a note may be due.
  void Refused(Refusal::Reason reason, const Header& header,
               const Origin& origin, Micros now);

  bool owes_note() const { return !notes_.empty(); }
  // The oldest that is due, of the server whose life is `me`. REQUIRES:
  // owes_note().
  void NextNote(const Life& me, OutgoingFrame* out);

 private:
  struct Told {
    uint64_t connection = 0;
    Micros until = 0;  // It is told nothing more before.
  };
  struct Note {
    Refusal::Reason reason = Refusal::REASON_UNSPECIFIED;
    Header to;  // Whom it goes to, as his frame said.
    Origin origin;
  };

  bool MayTell(uint64_t connection, Micros now);

  const LinkOptions& options_;
  std::deque<Told> told_;  // By `until`.
  std::deque<Note> notes_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_STRANGERS_H_
