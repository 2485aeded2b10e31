#include "raft/cmd/bench/board.h"

#include <sys/mman.h>

#include <new>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

absl::StatusOr<Board::Shared> Board::Share() {
  void* const memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return absl::ResourceExhaustedError("there is no memory to share");
  }
  return Shared(new (memory) Board);
}

void Board::Unmap::operator()(Board* board) const {
  board->~Board();
  munmap(board, sizeof(Board));
}

uint64_t Board::received() const {
  uint64_t received = 0;
  for (const Slot& slot : slots_) {
    received += slot.received.load(std::memory_order_relaxed);
  }
  return received;
}

void Board::Fail(const absl::Status& status) {
  if (failing_.exchange(true)) return;
  // The last byte stays 0.
  absl::string_view(status.message())
      .copy(failure_.data(), failure_.size() - 1);
  failed_.store(true);
}

absl::Status Board::failure() const {
  if (!failed_.load()) return absl::OkStatus();
  return absl::UnavailableError(failure_.data());
}

}  // namespace raft_cluster::internal
