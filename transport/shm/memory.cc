#include "raft/transport/shm/memory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/transport/net/descriptors.h"

namespace raft_cluster::internal::shm {
namespace {

// The controls of both rings lie in front, where each page size has room for
// them, and the bytes begin on a page of their own.
constexpr size_t kFrontBytes = size_t{64} << 10;
static_assert(2 * sizeof(RingControl) <= kFrontBytes, "both fit");

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

// Where the system forbids memory from which one could run a program, this has
// to be said. Kernels before 6.3 do not know it.
#ifdef MFD_NOEXEC_SEAL
constexpr unsigned kNoExec = MFD_NOEXEC_SEAL;
#else
constexpr unsigned kNoExec = 8;
#endif

size_t TotalBytes(size_t ring_bytes) { return kFrontBytes + 2 * ring_bytes; }

absl::Status SystemError(const char* call, int error) {
  if (error == EMFILE || error == ENFILE) return DescriptorError(error);
  const std::string message = absl::StrCat(
      "no shared memory for a connection: ", call, ": ", std::strerror(error));
  return error == ENOMEM || error == ENOSPC || error == EFBIG
             ? absl::ResourceExhaustedError(message)
             : absl::UnavailableError(message);
}

absl::Status BadMemory(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("what the other process sent to be shared ", what));
}

// The signal that comes with the error would end the process.
bool IsAboveFileLimit(size_t size) {
  rlimit limit = {};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < size;
}

int CreateFile() {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = memfd_create("raft-shm", flags | kNoExec);
  return fd >= 0 || errno != EINVAL ? fd : memfd_create("raft-shm", flags);
}

absl::Status Size(int fd, size_t size) {
  if (IsAboveFileLimit(size)) return SystemError("ulimit -f", EFBIG);
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) {
    return SystemError("ftruncate", errno);
  }
  if (fcntl(fd, F_ADD_SEALS, kSeals) != 0) return SystemError("seals", errno);
  return absl::OkStatus();
}

absl::Status CheckFile(int fd, size_t size) {
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0) return BadMemory("is no memory");
  if ((seals & kSeals) != kSeals) return BadMemory("is not sealed");
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size < 0 ||
      static_cast<size_t>(info.st_size) != size) {
    return BadMemory("has another size than it should");
  }
  // Huge pages can be sealed too, but taken away all the same.
  struct statfs system;
  if (fstatfs(fd, &system) != 0 || system.f_type != TMPFS_MAGIC) {
    return BadMemory("is memory of another kind");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Memory::Made> Memory::Make(size_t ring_bytes) {
  RAFT_ASSERT(ring_bytes >= kMinRingBytes && ring_bytes <= kMaxRingBytes &&
              (ring_bytes & (ring_bytes - 1)) == 0);
  const int fd = CreateFile();
  if (fd < 0) return SystemError("memfd_create", errno);
  absl::Status status = Size(fd, TotalBytes(ring_bytes));
  if (status.ok()) {
    absl::StatusOr<std::unique_ptr<Memory>> memory = MapChecked(fd, ring_bytes);
    if (memory.ok()) return Made{*std::move(memory), fd};
    status = memory.status();
  }
  close(fd);
  return status;
}

absl::StatusOr<std::unique_ptr<Memory>> Memory::Map(int fd, size_t ring_bytes) {
  if (ring_bytes < kMinRingBytes || ring_bytes > kMaxRingBytes ||
      (ring_bytes & (ring_bytes - 1)) != 0) {
    return BadMemory(absl::StrCat("should have rings of ", ring_bytes,
                                  " bytes, which is no power of two from ",
                                  kMinRingBytes, " to ", kMaxRingBytes));
  }
  const absl::Status status = CheckFile(fd, TotalBytes(ring_bytes));
  if (!status.ok()) return status;
  return MapChecked(fd, ring_bytes);
}

absl::StatusOr<std::unique_ptr<Memory>> Memory::MapChecked(int fd,
                                                           size_t ring_bytes) {
  void* const mapped = mmap(nullptr, TotalBytes(ring_bytes),
                            PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) {
    if (errno == EPERM || errno == EACCES) {
      return BadMemory("cannot be written to");
    }
    return SystemError("mmap", errno);
  }
  return absl::WrapUnique(new Memory(static_cast<char*>(mapped), ring_bytes));
}

Memory::~Memory() { munmap(mapped_, TotalBytes(ring_bytes_)); }

RingControl* Memory::control(int number) const {
  return reinterpret_cast<RingControl*>(mapped_) + number;
}

char* Memory::bytes(int number) const {
  return mapped_ + kFrontBytes + static_cast<size_t>(number) * ring_bytes_;
}

}  // namespace raft_cluster::internal::shm
