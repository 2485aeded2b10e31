#include "raft/cluster/engine/strangers.h"

#include <algorithm>
#include <utility>

#include "raft/base/assert.h"
#include "raft/cluster/link/handshake.h"

namespace raft_cluster::internal {
namespace {

constexpr Micros kNoteInterval = 1000000;

}  // namespace

bool Strangers::MayTell(uint64_t connection, Micros now) {
  // All of them are told for the same time, so the first that was told is the
  // first to be forgotten.
  while (!told_.empty() && told_.front().until <= now) told_.pop_front();
  if (told_.size() >= kMaxTold ||
      std::any_of(told_.begin(), told_.end(), [connection](const Told& told) {
        return told.connection == connection;
      })) {
    return false;
  }
  told_.push_back({connection, now + kNoteInterval});
  return true;
}

void Strangers::Refused(Refusal::Reason reason, const Header& header,
                        const Origin& origin, Micros now) {
  if (header.hello.has_value() && header.hello->refused() != 0) return;
  // What is not a pid cannot be spoken to, nor be answered for.
  if (header.from <= 0 || header.to <= 0) return;
  // The transport may not have taken the last ones yet.
  if (notes_.size() >= kMaxTold || !MayTell(origin.connection, now)) return;
  Note note;
  // Of one who bears our own pid it would not be true that we have no such
  // server; he is wrong about who is at this url.
  note.reason = header.from == options_.self ? Refusal::MISROUTED : reason;
  note.to.cluster = header.cluster;
  note.to.from = header.from;
  note.to.to = header.to;
  note.origin = origin;
  notes_.push_back(std::move(note));
}

void Strangers::NextNote(const Life& me, OutgoingFrame* out) {
  RAFT_ASSERT(owes_note());
  const Note note = std::move(notes_.front());
  notes_.pop_front();
  *out = OutgoingFrame();
  out->reply = true;
  out->origin = note.origin;
  // In the name by which he called, and as one of his cluster: by these he
  // finds the peer of his that he believes to be here, and whose reason this
  // is. Under ours, his server would refuse the note as it was refused itself.
  out->header.cluster = note.to.cluster;
  out->header.from = note.to.to;
  out->header.to = note.to.from;
  out->header.src = me;
  out->header.hello = HelloOf(options_);
  out->header.hello->set_refused(note.reason);
}

}  // namespace raft_cluster::internal
