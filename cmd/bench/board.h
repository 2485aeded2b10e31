// What the processes of a round share: the runner says what phase it is, the
// servers say what they have counted.
//
// Thread rule: any thread of any process that was forked after Share().
#ifndef RAFT_CMD_BENCH_BOARD_H_
#define RAFT_CMD_BENCH_BOARD_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/cmd/bench/histogram.h"
#include "raft/cmd/bench/plan.h"

namespace raft_cluster::internal {

class Board {
 public:
  enum class Phase { kPrepare, kRun, kMeasure, kStop };

  // Of one server.
  struct alignas(64) Slot {
    std::atomic<bool> ready{false};
    // Messages. Written by one thread.
    std::atomic<uint64_t> received{0};
    Histogram latency;  // In nanoseconds, while the phase is kMeasure.
  };

  struct Unmap {
    void operator()(Board* board) const;
  };
  using Shared = std::unique_ptr<Board, Unmap>;
  // RESOURCE_EXHAUSTED: the system has no memory to share.
  static absl::StatusOr<Shared> Share();

  Phase phase() const { return phase_.load(std::memory_order_relaxed); }
  void SetPhase(Phase phase) { phase_.store(phase); }
  bool stopped() const { return phase() == Phase::kStop; }

  // `server` from 1.
  Slot& slot(int server) { return slots_[static_cast<size_t>(server - 1)]; }
  uint64_t received() const;

  // The first failure that a server reported, or OK.
  void Fail(const absl::Status& status);
  absl::Status failure() const;

 private:
  std::atomic<Phase> phase_{Phase::kPrepare};
  std::atomic<bool> failing_{false};
  std::atomic<bool> failed_{false};
  std::array<char, 512> failure_ = {};
  std::array<Slot, kMaxBenchServers> slots_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_BOARD_H_
