#include "raft/transport/shm/ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal::shm {
namespace {

// How the two put each other to sleep and wake each other up. Whoever wants to
// sleep sets its flag and then looks once more; whoever has moved its position
// then looks at the flag. Each stores one thing and loads the other, which a
// processor may do in the other order: both could load the old value, one would
// sleep, the other would not ring, and the connection would stand still. A
// sequentially consistent fence between the store and the load, on both sides,
// rules that out: one of the two fences comes first, and whoever has the second
// sees what was stored before the first. Wakers take the flag away when they
// ring, so that one sleep is rung for once.
void OrderStoreBeforeLoad() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

// Asks to be woken. The caller has to look once more then.
void Announce(std::atomic<uint32_t>& flag) {
  flag.store(1, std::memory_order_relaxed);
  OrderStoreBeforeLoad();
}

// After a position was published: whether the other one has to be woken.
bool TakeAnnouncement(std::atomic<uint32_t>& flag) {
  OrderStoreBeforeLoad();
  return flag.load(std::memory_order_relaxed) != 0 &&
         flag.exchange(0, std::memory_order_relaxed) != 0;
}

// So much is copied before it is published: the other side, if it is awake, can
// begin with the front of something large while the rest is on its way.
constexpr size_t kStride = size_t{64} << 10;

// A writer that has come so far looks for a chance to begin at the front again.
constexpr size_t kRound = size_t{32} << 10;

// A page of shared memory is made when it is first written to, and where the
// system then has none left, the process gets a SIGBUS. To ask for it makes an
// error of that. Kernels before 5.14 cannot be asked.
#ifdef MADV_POPULATE_WRITE
constexpr int kPopulateWrite = MADV_POPULATE_WRITE;
#else
constexpr int kPopulateWrite = 23;
#endif

bool IsWithoutMemory(int error) {
  return error == ENOMEM || error == EFAULT || error == EHWPOISON;
}

size_t RoundUp(size_t size, size_t unit) { return (size + unit - 1) & -unit; }

absl::Status Impossible(const char* whose, uint64_t position, uint64_t ours,
                        size_t capacity) {
  return absl::OutOfRangeError(absl::StrCat(
      "the other process has put nonsense into the shared memory: the ", whose,
      "'s position is ", position, ", ours is ", ours, ", and the ring holds ",
      capacity, " bytes"));
}

}  // namespace

absl::Status RingWriter::LookAtReader() {
  const uint64_t taken = control_.taken.load(std::memory_order_acquire);
  // It may neither go back nor overtake us.
  if (taken - taken_ > written_ - taken_) {
    return Impossible("reader", taken, written_, capacity_);
  }
  taken_ = taken;
  return absl::OkStatus();
}

bool RingWriter::HasRoom() const {
  const uint64_t used =
      written_ - control_.taken.load(std::memory_order_acquire);
  return used <= capacity_ / 2 || used > capacity_;
}

// The reader has taken everything, which it has published, so it looks at the
// start only after it has seen a later position of ours.
void RingWriter::BeginAtTheFront() {
  start_ = written_;
  control_.start.store(start_, std::memory_order_relaxed);
}

absl::Status RingWriter::Put(uint64_t position, const char* data, size_t size) {
  const size_t at = (position - start_) & (capacity_ - 1);
  const size_t first = std::min(size, capacity_ - at);
  const size_t end = first < size ? capacity_ : at + first;
  if (end > populated_) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    // A ring that is smaller than a page is no shared memory but a test's.
    if (capacity_ >= page) {
      const size_t until = std::min(RoundUp(end, page), capacity_);
      if (madvise(bytes_ + populated_, until - populated_, kPopulateWrite) !=
              0 &&
          IsWithoutMemory(errno)) {
        return absl::ResourceExhaustedError(
            "the system has no memory left for the ring of the connection");
      }
      populated_ = until;
    }
  }
  std::memcpy(bytes_ + at, data, first);
  std::memcpy(bytes_, data + first, size - first);
  return absl::OkStatus();
}

absl::StatusOr<size_t> RingWriter::Write(const iovec* parts, int count) {
  size_t total = 0;
  for (int i = 0; i < count; ++i) total += parts[i].iov_len;
  const size_t at = (written_ - start_) & (capacity_ - 1);
  const bool far = at + total > std::min(kRound, capacity_);
  // To look at it moves a line of the cache from one processor to another.
  if (far || capacity_ - (written_ - taken_) < total) {
    const absl::Status status = LookAtReader();
    if (!status.ok()) return status;
    if (taken_ == written_ && at != 0) BeginAtTheFront();
  }
  size_t room = capacity_ - static_cast<size_t>(written_ - taken_);
  uint64_t position = written_;
  for (int i = 0; i < count && room > 0; ++i) {
    const char* data = static_cast<const char*>(parts[i].iov_base);
    size_t left = std::min(parts[i].iov_len, room);
    room -= left;
    while (left > 0) {
      const size_t size = std::min(left, kStride);
      const absl::Status status = Put(position, data, size);
      if (!status.ok()) return status;
      position += size;
      data += size;
      left -= size;
      if (position - written_ >= kStride && (left > 0 || i + 1 < count)) {
        control_.written.store(position, std::memory_order_release);
      }
    }
  }
  const size_t size = static_cast<size_t>(position - written_);
  if (size > 0) {
    written_ = position;
    control_.written.store(written_, std::memory_order_release);
  }
  return size;
}

bool RingWriter::ReaderSleeps() {
  return TakeAnnouncement(control_.reader_sleeps);
}

bool RingWriter::AskForRoom() {
  Announce(control_.writer_waits);
  if (!HasRoom()) return true;
  control_.writer_waits.store(0, std::memory_order_relaxed);
  return false;
}

absl::Status RingReader::LookAtWriter() {
  const uint64_t written = control_.written.load(std::memory_order_acquire);
  // It may not go back, nor further than there was room.
  if (written - written_ > capacity_ - (written_ - taken_)) {
    return Impossible("writer", written, taken_, capacity_);
  }
  // Moved only while the ring was empty, so it belongs to all that is in it.
  if (written_ == taken_ && written != written_) {
    start_ = control_.start.load(std::memory_order_relaxed);
  }
  written_ = written;
  return absl::OkStatus();
}

absl::StatusOr<size_t> RingReader::Read(char* data, size_t size) {
  if (written_ - taken_ < size) {
    const absl::Status status = LookAtWriter();
    if (!status.ok()) return status;
  }
  size_t left = std::min<uint64_t>(size, written_ - taken_);
  const size_t total = left;
  while (left > 0) {
    const size_t step = std::min(left, kStride);
    // Whatever the start is, this lies within the memory.
    const size_t at = (taken_ - start_) & (capacity_ - 1);
    const size_t first = std::min(step, capacity_ - at);
    std::memcpy(data, bytes_ + at, first);
    std::memcpy(data + first, bytes_, step - first);
    data += step;
    left -= step;
    taken_ += step;
    control_.taken.store(taken_, std::memory_order_release);
  }
  return total;
}

bool RingReader::WriterWaits() {
  // Not for a few bytes: the two would take turns at each of them. As long as
  // there are more, we come back for them, and then it is half of the ring, as
  // in HasRoom().
  if (written_ - taken_ > capacity_ / 2) return false;
  return TakeAnnouncement(control_.writer_waits);
}

bool RingReader::AskForBytes() {
  Announce(control_.reader_sleeps);
  if (IsEmpty()) return true;
  control_.reader_sleeps.store(0, std::memory_order_relaxed);
  return false;
}

bool RingReader::StopAsking() {
  return control_.reader_sleeps.exchange(0, std::memory_order_relaxed) != 0;
}

}  // namespace raft_cluster::internal::shm
