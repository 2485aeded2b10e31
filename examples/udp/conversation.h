// One end of what two transports say to each other: the frames that wait to be
// sent, how much of what was sent may be on its way, and the frame that is
// being put together of what comes.
//
//   Conversation conversation(id, address, pid, window_bytes);
//   if (conversation.Queue(frame, queue_bytes)) conversation.Flush(socket,
//   now);
//
// A datagram that is lost stays lost: so is the frame that it is a piece of.
//
// Thread rule: under the caller's lock.
#ifndef RAFT_EXAMPLES_UDP_CONVERSATION_H_
#define RAFT_EXAMPLES_UDP_CONVERSATION_H_

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "raft/examples/udp/socket.h"
#include "raft/transport/frame.h"

namespace udp {

// About what the system counts for a small datagram beside its bytes.
inline constexpr size_t kDatagramCost = 768;

class Conversation {
 public:
  // `id`: what this side calls it. `pid`: the peer that we call, or 0 where we
  // were called.
  Conversation(uint64_t id, const sockaddr_in& address, raft_cluster::Pid pid,
               size_t window_bytes);

  uint64_t id() const { return id_; }
  raft_cluster::Pid pid() const { return pid_; }
  const sockaddr_in& address() const { return address_; }
  // What the other side calls it; 0 until it has answered.
  uint64_t partner() const { return partner_; }
  bool up() const { return partner_ != 0; }

  // The other side is there. What was queued before is sent from now on.
  void Begin(uint64_t partner, Clock::time_point now);
  // It is not there any more. What was queued is dropped with what was sent.
  void End();

  // False: the queue is at its bound. One frame always fits.
  bool Queue(const raft_cluster::Frame& frame, size_t bound_bytes);
  // Sends what may be on its way.
  void Flush(Socket& socket, Clock::time_point now);
  void Say(Socket& socket, Header::Kind kind) const;

  // Each datagram that belongs here: the other side lives.
  void OnHeard(Clock::time_point now) { heard_ = now; }
  // "I have seen `count`."
  void OnSeen(uint64_t count, Clock::time_point now);
  // "I have sent `count`."
  void OnAsked(uint64_t count);
  enum class Piece { kFrame, kPart, kTooLarge };
  // kFrame: a frame is complete, and in `bytes`.
  Piece OnPiece(const Header& header, absl::string_view piece,
                size_t max_frame_bytes, std::string* bytes);
  // Whether so much has come that the other side should hear of it unasked.
  bool owes_seen() const { return received_ - told_ >= window_bytes_ / 4; }
  void TellSeen(Socket& socket);

  Clock::time_point heard() const { return heard_; }
  // Asks what has been seen, where it is time for that. Returns when it is the
  // next time.
  Clock::time_point Ask(Socket& socket, Clock::time_point now);
  Clock::time_point ask_at() const { return ask_at_; }

 private:
  Header NewHeader(Header::Kind kind) const;
  bool MaySend(size_t bytes) const {
    return sent_ == seen_ || sent_ - seen_ + bytes <= window_bytes_;
  }
  // What came before `count` has come, or is lost.
  void SkipTo(uint64_t count);

  const uint64_t id_;
  const sockaddr_in address_;
  const raft_cluster::Pid pid_;
  const size_t window_bytes_;
  uint64_t partner_ = 0;

  std::deque<raft_cluster::Frame> waiting_;
  size_t waiting_bytes_ = 0;
  size_t begun_bytes_ = 0;  // Of the first that waits: they have been sent.
  uint64_t sent_ = 0;       // Bytes of all pieces, with what they cost.
  uint64_t seen_ = 0;       // Of these: what the other side has seen, or lost.

  uint64_t received_ = 0;  // The other side's sent_, as far as it is known.
  uint64_t told_ = 0;      // What the other side knows of that.
  std::string frame_;      // What there is of a frame.
  bool whole_ = false;     // Nothing of it is missing so far.

  Clock::time_point heard_;
  Clock::time_point ask_at_ = Clock::time_point::max();
  Clock::duration ask_pause_;
};

}  // namespace udp

#endif  // RAFT_EXAMPLES_UDP_CONVERSATION_H_
