// A connection over shared memory: two rings, and the Unix socket over which
// they were handed over. The socket is the bell, a byte for whoever sleeps and
// no byte for who is awake; and since the system closes it for a process that
// dies, it tells of that at once.
//
// What is in the ring when the other process dies is still read.
//
// Thread rule: as of stream::Channel, under the transport's lock.
#ifndef RAFT_TRANSPORT_SHM_SHM_CHANNEL_H_
#define RAFT_TRANSPORT_SHM_SHM_CHANNEL_H_

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/shm/memory.h"
#include "raft/transport/shm/ring.h"
#include "raft/transport/stream/channel.h"

namespace raft_cluster::internal::shm {

class ShmChannel : public stream::Channel {
 public:
  // Both take a connected Unix socket.
  static std::unique_ptr<ShmChannel> Dialled(OwnedFd socket);
  static std::unique_ptr<ShmChannel> Accepted(OwnedFd socket);

  int fd() const override { return socket_.get(); }
  stream::Progress Handshake() override;
  // Errors of both: of ring.h, and of handover.h.
  stream::Io Read(char* data, size_t size) override;
  stream::Io Write(const iovec* parts, int count) override;
  // A byte on the socket tells of room, too.
  bool wants_write() const override { return false; }
  // As long as we have not asked to be woken, which a Read() does that finds
  // nothing.
  bool pending() const override { return stage_ == Stage::kOpen && !asked_; }
  absl::Status why() const override { return why_; }

 private:
  enum class Stage { kToSayHello, kToHearAnswer, kToHearHello, kOpen, kFailed };

  ShmChannel(OwnedFd socket, Stage stage)
      : socket_(std::move(socket)), stage_(stage) {}

  stream::Progress SayHello();
  stream::Progress HearAnswer();
  stream::Progress HearHello();
  // `number`: of the ring that is ours to write.
  void Open(int number);
  stream::Progress Fail(const absl::Status& why);
  stream::Io ReadRing(char* data, size_t size);
  void Ring();
  // Takes what has been rung, and finds out whether the other side is there.
  void HearBell();

  const OwnedFd socket_;
  Stage stage_;
  absl::Status why_;
  std::unique_ptr<Memory> memory_;
  absl::optional<RingWriter> writer_;
  absl::optional<RingReader> reader_;
  // To be woken for bytes.
  bool asked_ = false;
  // Bytes that were read since we listened to the bell.
  size_t unheard_ = 0;
  // The other side has gone. Somebody else may still have the memory: no more
  // than the ring can have held is read from then on.
  bool is_alone_ = false;
  size_t left_ = 0;
};

}  // namespace raft_cluster::internal::shm

#endif  // RAFT_TRANSPORT_SHM_SHM_CHANNEL_H_
