#include "raft/transport/shm/shm_channel.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "raft/transport/shm/handover.h"

namespace raft_cluster::internal::shm {

using stream::Io;
using stream::Progress;

std::unique_ptr<ShmChannel> ShmChannel::Dialled(OwnedFd socket) {
  return absl::WrapUnique(
      new ShmChannel(std::move(socket), Stage::kToSayHello));
}

std::unique_ptr<ShmChannel> ShmChannel::Accepted(OwnedFd socket) {
  return absl::WrapUnique(
      new ShmChannel(std::move(socket), Stage::kToHearHello));
}

Progress ShmChannel::Fail(const absl::Status& why) {
  stage_ = Stage::kFailed;
  why_ = why;
  return Progress::kFailed;
}

Progress ShmChannel::Handshake() {
  switch (stage_) {
    case Stage::kToSayHello:
      return SayHello();
    case Stage::kToHearAnswer:
      return HearAnswer();
    case Stage::kToHearHello:
      return HearHello();
    case Stage::kOpen:
      return Progress::kDone;
    case Stage::kFailed:
      break;
  }
  return Progress::kFailed;
}

// Whoever dials makes the memory: callers cost the one who listens none.
Progress ShmChannel::SayHello() {
  absl::StatusOr<Memory::Made> made = Memory::Make(kRingBytes);
  if (!made.ok()) return Fail(made.status());
  memory_ = std::move(made->memory);
  Open(0);
  const absl::Status status = SendHello(fd(), made->fd, kRingBytes);
  close(made->fd);
  if (!status.ok()) return Fail(status);
  stage_ = Stage::kToHearAnswer;
  return HearAnswer();
}

Progress ShmChannel::HearAnswer() {
  const absl::optional<absl::Status> answer = ReceiveAnswer(fd());
  if (!answer.has_value()) return Progress::kAgain;
  if (!answer->ok()) return Fail(*answer);
  stage_ = Stage::kOpen;
  return Progress::kDone;
}

Progress ShmChannel::HearHello() {
  auto hello = ReceiveHello(fd());
  if (!hello.has_value()) return Progress::kAgain;
  if (hello->ok()) {
    memory_ = *std::move(*hello);
    Open(1);
  }
  const absl::Status answered = SendAnswer(fd(), hello->status());
  if (!hello->ok()) return Fail(hello->status());
  if (!answered.ok()) return Fail(answered);
  stage_ = Stage::kOpen;
  return Progress::kDone;
}

void ShmChannel::Open(int number) {
  writer_.emplace(memory_->control(number), memory_->bytes(number),
                  memory_->ring_bytes());
  reader_.emplace(memory_->control(1 - number), memory_->bytes(1 - number),
                  memory_->ring_bytes());
  // Before the other side can write anything, so that it rings for its first
  // bytes already.
  asked_ = reader_->AskForBytes();
}

void ShmChannel::Ring() {
  // Where there is no room for another byte, the other side has plenty to hear;
  // where it has gone, the next look at the bell tells.
  (void)!send(fd(), "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ShmChannel::HearBell() {
  unheard_ = 0;
  if (is_alone_) return;
  char rung[256];
  // No more than that in one turn, however much somebody rings. Descriptors
  // that come along are dropped by the system.
  const ssize_t size = recv(fd(), rung, sizeof(rung), MSG_DONTWAIT);
  if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
                                errno == EINTR))) {
    return;
  }
  is_alone_ = true;
  left_ = memory_->ring_bytes();
}

Io ShmChannel::ReadRing(char* data, size_t size) {
  if (is_alone_) size = std::min(size, left_);
  if (size == 0) return {Progress::kClosed, 0};
  const absl::StatusOr<size_t> read = reader_->Read(data, size);
  if (!read.ok()) return {Fail(read.status()), 0};
  if (*read == 0) return {Progress::kAgain, 0};
  if (is_alone_) left_ -= *read;
  if (reader_->WriterWaits()) Ring();
  return {Progress::kDone, *read};
}

Io ShmChannel::Read(char* data, size_t size) {
  if (stage_ != Stage::kOpen) return {Progress::kFailed, 0};
  const bool asked = std::exchange(asked_, false);
  const bool rung = asked && !reader_->StopAsking();
  Io read = ReadRing(data, size);
  if (read.progress == Progress::kDone) {
    unheard_ += read.bytes;
    // What has woken us would do so once more.
    if (rung || unheard_ > memory_->ring_bytes()) HearBell();
    return read;
  }
  if (read.progress != Progress::kAgain) return read;
  // Woken for something else: there is room, or the other side has gone.
  if (asked) HearBell();
  // Whatever was written before we asked, or before the other side died, is
  // there now.
  asked_ = reader_->AskForBytes();
  if (!asked_) return ReadRing(data, size);
  return {is_alone_ ? Progress::kClosed : Progress::kAgain, 0};
}

Io ShmChannel::Write(const iovec* parts, int count) {
  if (stage_ != Stage::kOpen) return {Progress::kFailed, 0};
  if (is_alone_) return {Progress::kClosed, 0};
  // Twice: there may be room by the time that we ask for it.
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<size_t> written = writer_->Write(parts, count);
    if (!written.ok()) return {Fail(written.status()), 0};
    if (*written > 0) {
      if (writer_->ReaderSleeps()) Ring();
      return {Progress::kDone, *written};
    }
    if (writer_->AskForRoom()) break;
  }
  return {Progress::kAgain, 0};
}

}  // namespace raft_cluster::internal::shm
