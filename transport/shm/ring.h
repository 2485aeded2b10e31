// One direction of a connection over shared memory: a ring of bytes with one
// writer and one reader, in two processes or in one.
//
//   RingWriter writer(control, bytes, capacity);      // In one process ...
//   writer.Write(parts, count);
//   if (writer.ReaderSleeps()) Ring();
//
//   RingReader reader(control, bytes, capacity);      // ... and in the other.
//   reader.Read(data, size);
//   if (reader.WriterWaits()) Ring();
//
// Neither side trusts the other. Each keeps its own position to itself and only
// publishes it; what the other one publishes is loaded once, into a variable of
// our own, and held against the capacity before it is used. Bytes are copied
// out, so what has been read can change no more. Whoever scribbles in the
// memory can therefore end, stall or garble this one connection, and nothing
// else. That the memory does not go away: see memory.h.
//
// Positions count the bytes since the connection began, and do not wrap. Where
// a position lies in the memory depends on the start of the round, which the
// writer moves when it finds the ring empty: it begins at the front again, so
// that a connection that carries little uses the same few pages, which stay in
// the cache, instead of walking through all of them.
//
// Thread rule: each object under one lock of its owner; IsEmpty() of the reader
// and HasRoom() of the writer, too. The two sides need no lock between them.
#ifndef RAFT_TRANSPORT_SHM_RING_H_
#define RAFT_TRANSPORT_SHM_RING_H_

#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace raft_cluster::internal::shm {

// Two lines of the cache: processors fetch them in pairs.
inline constexpr size_t kLineBytes = 128;

// What lies in the shared memory beside the bytes. Memory of zeros is a ring
// that is empty.
struct RingControl {
  // By the writer.
  alignas(kLineBytes) std::atomic<uint64_t> written;
  std::atomic<uint64_t> start;  // The position at the front of the memory.
  // By the reader.
  alignas(kLineBytes) std::atomic<uint64_t> taken;
  // Set by whoever is about to sleep, cleared by the other one, who wakes it.
  alignas(kLineBytes) std::atomic<uint32_t> reader_sleeps;
  std::atomic<uint32_t> writer_waits;
};
// With a lock it would be one in each process.
static_assert(std::atomic<uint64_t>::is_always_lock_free &&
                  std::atomic<uint32_t>::is_always_lock_free,
              "shared memory needs atomics without a lock");

// All errors of both are final: OUT_OF_RANGE, the other side has published a
// position that cannot be; RESOURCE_EXHAUSTED, the system has no memory for
// the ring.
class RingWriter {
 public:
  // Both for as long as this lives. REQUIRES: `capacity` is a power of two.
  RingWriter(RingControl* control, char* bytes, size_t capacity)
      : control_(*control), bytes_(bytes), capacity_(capacity) {}
  RingWriter(const RingWriter&) = delete;
  RingWriter& operator=(const RingWriter&) = delete;

  // Copies as much as there is room for, and publishes it. Returns how many
  // bytes that were, from the front; 0: the ring is full.
  absl::StatusOr<size_t> Write(const iovec* parts, int count);
  // The reader sleeps and has to be woken, which is the caller's duty from now
  // on. Belongs after each Write().
  bool ReaderSleeps();

  // Asks to be woken once there is room. False: there is room already, and
  // perhaps nobody will wake us.
  bool AskForRoom();
  // Half of the ring is free, which is when it is worth while to go on. True
  // also where the reader's position cannot be, as Write() will say.
  bool HasRoom() const;

 private:
  absl::Status LookAtReader();
  // Copies `size` bytes behind `position`, for which there is room.
  absl::Status Put(uint64_t position, const char* data, size_t size);
  void BeginAtTheFront();

  RingControl& control_;
  char* const bytes_;
  const size_t capacity_;
  uint64_t written_ = 0;
  uint64_t start_ = 0;
  uint64_t taken_ = 0;    // As the reader published it last.
  size_t populated_ = 0;  // Bytes from the front for which memory is there.
};

class RingReader {
 public:
  // As of RingWriter.
  RingReader(RingControl* control, const char* bytes, size_t capacity)
      : control_(*control), bytes_(bytes), capacity_(capacity) {}
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;

  // Copies up to `size` bytes out, and gives their room back. Returns how many
  // they were; 0: the ring is empty. REQUIRES: size > 0.
  absl::StatusOr<size_t> Read(char* data, size_t size);
  // The writer waits for room, half of the ring is free now, and it has to be
  // woken, which is the caller's duty from now on. Belongs after each Read().
  bool WriterWaits();

  // Asks to be woken when there is something to read. False: there is
  // something already, and perhaps nobody will wake us.
  bool AskForBytes();
  // Is awake for another reason. False: somebody has woken us, or is about to.
  bool StopAsking();
  // False also where the writer's position cannot be, as Read() will say.
  bool IsEmpty() const {
    return control_.written.load(std::memory_order_acquire) == taken_;
  }

 private:
  absl::Status LookAtWriter();

  RingControl& control_;
  const char* const bytes_;
  const size_t capacity_;
  uint64_t taken_ = 0;
  uint64_t written_ = 0;  // As the writer published it last.
  uint64_t start_ = 0;    // Published with it.
};

}  // namespace raft_cluster::internal::shm

#endif  // RAFT_TRANSPORT_SHM_RING_H_
