// What two loopback transports share: a mailbox for each of them, and a pipe
// for each direction of a connection.
//
// A connection is a pair of pipes. The side that dialled owns it: it puts both
// pipes up and takes both down. The other side only answers through it, and
// closes its end when it goes.
//
// Thread rule: any thread. A pipe is guarded by the mailbox it leads to; no two
// mailboxes are ever locked at once.
#ifndef RAFT_TRANSPORT_LOOPBACK_MAILBOX_H_
#define RAFT_TRANSPORT_LOOPBACK_MAILBOX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {
namespace loopback {

class Mailbox;

// What a frame counts against the bound of a queue. More than its bytes, so
// that empty ones have a bound too.
inline size_t Cost(const Frame& frame) { return frame.size() + 64; }

// One direction of a connection. The two pipes of a connection name each other
// by number: `id ^ 1`.
struct Pipe {
  uint64_t id = 0;
  Origin origin;           // Of the frames in it.
  size_t limit_bytes = 0;  // One frame may always be in it.
  // Shared, because either side may close while the other one sends.
  std::shared_ptr<Mailbox> from;
  std::shared_ptr<Mailbox> to;

  // Guarded by the mutex of `to`.
  std::vector<Frame> queue;
  size_t bytes = 0;      // In `queue`, and taken from it but not handed out.
  bool closed = false;   // Takes nothing any more.
  bool refused = false;  // The sender waits for room.
};

// Frames taken out of one pipe and not yet handed out.
struct Batch {
  std::shared_ptr<Pipe> pipe;
  std::vector<Frame> frames;
  size_t next = 0;         // Of `frames`.
  size_t freed_bytes = 0;  // Handed out since the pipe was last told.
};

class Mailbox {
 public:
  explicit Mailbox(size_t max_frame_bytes)
      : max_frame_bytes_(max_frame_bytes) {}

  // Adds a pipe that leads here. False: the mailbox is closed.
  bool Attach(const std::shared_ptr<Pipe>& pipe);
  // Drops the pipe and what is in it.
  void Detach(Pipe& pipe);
  // Detaches all pipes, for good, and lets those at their other ends know.
  void Close();

  // The pipe with this number that leads here; null if it is gone.
  std::shared_ptr<Pipe> Find(uint64_t id);

  // Puts a frame into a pipe that leads here. kUnknown: the pipe is closed.
  SendResult Push(const std::shared_ptr<Pipe>& pipe, const Frame& frame);

  // Moves what has come into `batches`; `attention` says whether connections
  // may have come or gone since the last call.
  void Take(std::vector<Batch>& batches, bool& attention);
  // Gives the room of what was handed out back to the senders. `more`: some of
  // the batches are still to be handed out, so Wait() must not sleep.
  void Release(std::vector<Batch>& batches, bool more);

  // See Transport.
  void Wait(absl::Duration timeout);
  void Wake();
  // A connection to or from here may have come or gone.
  void Attend();

 private:
  const size_t max_frame_bytes_;

  Mutex mu_;
  CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool attention_ ABSL_GUARDED_BY(mu_) = false;
  bool more_ ABSL_GUARDED_BY(mu_) = false;
  std::map<uint64_t, std::shared_ptr<Pipe>> pipes_ ABSL_GUARDED_BY(mu_);
  // Those with frames, each once, longest waiting first.
  std::vector<std::shared_ptr<Pipe>> ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace loopback
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_LOOPBACK_MAILBOX_H_
