// What a server did each second of the last ten minutes, for a plot.
//
// Thread rule: none of its own.
#ifndef RAFT_STATUS_HISTORY_H_
#define RAFT_STATUS_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "raft/base/pid.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class History {
 public:
  static constexpr size_t kMaxPoints = 600;

  // The account now; `elapsed` is the time since the one before. The first
  // makes no point, and neither does the first of a new life.
  void Add(const Stats& stats, absl::Duration elapsed);

  // The points after `since_ms` (milliseconds since 1970), oldest first:
  //
  // {"points": [[unix_ms, accepted/s, received/s, sent bytes/s, received
  // bytes/s, median delay in us, 99th percentile of it], ...]}
  //
  // A delay is null where no envelope was known to be taken in that second.
  std::string Json(uint64_t since_ms) const;

 private:
  // Of one peer what only grows, or by how much that of all has grown.
  struct Counts {
    uint64_t figures[4] = {};             // As in a point.
    std::map<uint64_t, uint64_t> delays;  // By the bound of the bucket.
  };
  using Totals = std::map<Pid, Counts>;
  struct Point {
    uint64_t unix_ms = 0;
    double rates[4] = {};
    int64_t median_us = -1;  // -1: none.
    int64_t slow_us = -1;
  };

  static Totals TotalsOf(const Stats& stats);
  static Counts Growth(const Totals& before, const Totals& now);
  static void FillDelays(const Counts& growth, Point* point);

  std::deque<Point> points_;
  bool has_last_ = false;
  Incarnation life_;
  Totals last_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_STATUS_HISTORY_H_
