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
  const absl::Status status = SendHello(fd(), made->fd, kRingBytes);
  close(made->fd);
  if (!status.ok()) return Fail(status);
  stage_ = Stage::kToHearAnswer;
  return HearAnswer();
}

Progress ShmChannel::HearAnswer() {
  const absl::optional<absl::Status> answer = ReceiveAnswer(fd());
  if (!answer.has_value()) return Progress::kAgain;
  return answer->ok() ? Open(0) : Fail(*answer);
}

Progress ShmChannel::HearHello() {
  auto hello = ReceiveHello(fd());
  if (!hello.has_value()) return Progress::kAgain;
  const absl::Status answered = SendAnswer(fd(), hello->status());
  if (!hello->ok()) return Fail(hello->status());
  if (!answered.ok()) return Fail(answered);
  memory_ = *std::move(*hello);
  return Open(1);
}

Progress ShmChannel::Open(int number) {
  writer_.emplace(memory_->control(number), memory_->bytes(number),
                  memory_->ring_bytes());
  reader_.emplace(memory_->control(1 - number), memory_->bytes(1 - number),
                  memory_->ring_bytes());
  stage_ = Stage::kOpen;
  return Progress::kDone;
}

void ShmChannel::Ring() {
  // Where there is no room for another byte, the other side has plenty to hear;
  // where it has gone, the next look at the bell tells.
  (void)!send(fd(), "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ShmChannel::HearBell() {
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
  if (size == 0) return {Progress::kAgain, 0};
  const absl::StatusOr<size_t> read = reader_->Read(data, size);
  if (!read.ok()) return {Fail(read.status()), 0};
  if (*read == 0) return {Progress::kAgain, 0};
  if (is_alone_) left_ -= *read;
  if (reader_->WriterWaits()) Ring();
  return {Progress::kDone, *read};
}

Io ShmChannel::Read(char* data, size_t size) {
  if (stage_ != Stage::kOpen) return {Progress::kFailed, 0};
  Io read = ReadRing(data, size);
  if (read.progress == Progress::kFailed) return read;
  if (read.progress == Progress::kDone) {
    // What woke us, or we would be woken by it once more.
    if (slept_ && !reader_->StopAsking()) HearBell();
    slept_ = false;
    return read;
  }
  slept_ = false;
  HearBell();
  // Whatever was written before the bell was rung, or before the other side
  // died, is there now.
  read = ReadRing(data, size);
  if (read.progress == Progress::kAgain && is_alone_) {
    return {Progress::kClosed, 0};
  }
  return read;
}

Io ShmChannel::Write(const iovec* parts, int count) {
  if (stage_ != Stage::kOpen) return {Progress::kFailed, 0};
  if (is_alone_) return {Progress::kClosed, 0};
  // Twice: there may be room by the time that we ask for it.
  for (int i = 0; i < 2; ++i) {
    const absl::StatusOr<size_t> written = writer_->Write(parts, count);
    if (!written.ok()) return {Fail(written.status()), 0};
    if (*written > 0) {
      waits_for_room_ = false;
      if (writer_->ReaderSleeps()) Ring();
      return {Progress::kDone, *written};
    }
    if (writer_->AskForRoom()) break;
  }
  waits_for_room_ = true;
  return {Progress::kAgain, 0};
}

bool ShmChannel::pending() const {
  return stage_ == Stage::kOpen &&
         (!reader_->IsEmpty() || (waits_for_room_ && writer_->HasRoom()));
}

void ShmChannel::BeforeSleep() {
  if (stage_ != Stage::kOpen) return;
  slept_ = true;
  // Whatever they answer, pending() says.
  reader_->AskForBytes();
  if (waits_for_room_) writer_->AskForRoom();
}

}  // namespace raft_cluster::internal::shm
