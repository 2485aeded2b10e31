// A connected stream of bytes in both directions, in order: a socket, or what a
// protocol such as TLS makes of one. Nothing here knows of frames.
//
// Thread rule: under the transport's lock. Nothing throws or blocks, and no
// signal is raised.
#ifndef RAFT_TRANSPORT_STREAM_CHANNEL_H_
#define RAFT_TRANSPORT_STREAM_CHANNEL_H_

#include <sys/uio.h>

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "raft/base/pid.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::stream {

enum class Progress {
  kDone,    // Something was done.
  kAgain,   // Nothing can be done now; the descriptor will tell when.
  kClosed,  // The far end has ended it.
  kFailed,  // It is broken: why().
};

struct Io {
  Progress progress = Progress::kAgain;
  size_t bytes = 0;  // Above 0 with kDone, otherwise 0.
};

class Channel {
 public:
  virtual ~Channel() = default;  // Closes at once.

  // What is to be polled: for reading always, and for writing while
  // wants_write().
  virtual int fd() const = 0;
  // After something said kAgain: it can go on when the descriptor is writable.
  // (What waits for room in another way makes the descriptor readable.)
  virtual bool wants_write() const = 0;

  // Goes on with the channel's own handshake. kDone: it is over, and bytes can
  // be read and written from now on.
  virtual Progress Handshake() { return Progress::kDone; }

  // At most `size` bytes, which is above 0.
  virtual Io Read(char* data, size_t size) = 0;
  // There may be more to read than the last Read() gave, though less than it
  // asked for came. False after kAgain.
  virtual bool pending() const { return false; }

  // As much as there is room for of the parts, which hold at least one byte.
  virtual Io Write(const iovec* parts, int count) = 0;

  // Whom the handshake has proved to be at the other end; 0 where it proves
  // nothing. `key` is what proved it.
  virtual Pid proven() const { return 0; }
  // The other end says that it is `peer`. Where the handshake has proved
  // several peers, that one among them, it is proven() from then on.
  virtual void Claim(Pid /*peer*/) {}
  virtual const std::string& key() const {
    static const std::string* const none = new std::string();
    return *none;
  }

  // After kFailed in Handshake(): what the other end is to be counted as.
  virtual TurnedAway refusal() const { return TurnedAway::kHandshake; }
  // After kFailed: in words, for a peer's trouble.
  virtual absl::Status why() const = 0;
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_CHANNEL_H_
