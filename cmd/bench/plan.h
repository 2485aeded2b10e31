// What the benchmark is to do, as its command line says.
//
// Thread rule: a value.
#ifndef RAFT_CMD_BENCH_PLAN_H_
#define RAFT_CMD_BENCH_PLAN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {

inline constexpr int kMaxBenchServers = 64;

struct Plan {
  // Servers are numbered from 1.
  enum class Mode {
    kStream,     // 1 sends to 2.
    kPingPong,   // 1 sends to 2 and waits for the answer.
    kBroadcast,  // 1 sends to all others.
    kMesh,       // Each sends to a peer, or to all, as dice have it.
  };

  // What is measured.
  struct Contender {
    enum class System {
      kRaft,    // Ours.
      kZmq,     // Bare libzmq.
      kSocket,  // The system's TCP sockets, with nothing around them.
    };
    bool baseline() const { return system != System::kRaft; }

    std::string name;  // "raft tcp"
    System system = System::kRaft;
    std::string transport;     // The scheme of its urls.
    bool keys = false;         // Its servers have some.
    bool one_process = false;  // All servers in one, or each in its own.
  };

  bool Sends(int server) const { return mode == Mode::kMesh || server == 1; }
  bool Receives(int server) const {
    return mode == Mode::kMesh || mode == Mode::kPingPong || server != 1;
  }
  // Messages carry the time at which they were to be sent.
  bool stamped() const { return rate > 0 && mode != Mode::kPingPong; }
  // Latencies are measured.
  bool timed() const { return rate > 0 || mode == Mode::kPingPong; }
  // "stream, 64 B, 2 servers, 5 rounds of 1s"
  std::string Describe() const;

  Mode mode = Mode::kStream;
  std::string mode_name;
  int servers = 2;
  size_t size_bytes = 64;
  absl::Duration duration;  // Of one round.
  int rounds = 5;
  int senders = 1;      // Threads of each server that sends.
  int budget_mib = 64;  // Of raft, to send, for each link.
  double rate = 0;      // Messages per second, by all senders; 0: all they can.
  bool one_core = false;
  absl::Duration spin;  // Of raft: Options::spin.
  bool batch = true;
  int send_batch = 1;
  bool json = false;
  std::string plot;       // The file for pictures; "" for none.
  std::vector<int> grow;  // Other numbers of servers to measure with.
  std::vector<Contender> contenders;  // Ours, then the baselines.
};

// Reads the flags. INVALID_ARGUMENT: what is wrong with them.
absl::StatusOr<Plan> MakePlan();

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_PLAN_H_
