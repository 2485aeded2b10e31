// What was measured in one round.
//
// Thread rule: a value.
#ifndef RAFT_CMD_BENCH_SAMPLE_H_
#define RAFT_CMD_BENCH_SAMPLE_H_

#include <cstdint>
#include <vector>

namespace raft_cluster::internal {

struct Sample {
  // Counted where they are received; a broadcast to n servers is n, a ping-pong
  // round 2.
  double messages_per_second = 0;
  double cpu_ns_per_message = 0;
  double peak_bytes = 0;  // All processes together.

  // One way, or there and back in pingpong. None if nothing was timed.
  struct Latency {
    uint64_t count = 0;
    double p50_ns = 0, p90_ns = 0, p99_ns = 0, p999_ns = 0, max_ns = 0;
  };
  Latency latency;

  // The same in finer steps, for a curve: `fraction` of the messages were as
  // fast, from 0 to below 1.
  struct Quantile {
    double fraction = 0, ns = 0;
  };
  std::vector<Quantile> quantiles;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SAMPLE_H_
