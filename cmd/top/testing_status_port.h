// A status port that answers what a test wants.
//
//   StatusPort port;
//   port.Answer(stats);
//   Fetcher fetcher({port.url()});
//
// Thread rule: any thread.
#ifndef RAFT_CMD_TOP_TESTING_STATUS_PORT_H_
#define RAFT_CMD_TOP_TESTING_STATUS_PORT_H_

#include <cstdint>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/base/thread_annotations.h"
#include "raft/base/mutex.h"
#include "raft/cmd/latch.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class StatusPort {
 public:
  // On a free port of 127.0.0.1. Answers nothing at first: who asks waits.
  StatusPort();
  // Who waits is hung up on.
  ~StatusPort();
  StatusPort(const StatusPort&) = delete;
  StatusPort& operator=(const StatusPort&) = delete;

  const std::string& url() const { return url_; }

  void Answer(const Stats& stats);
  // All that is sent, its head included; then the connection is closed.
  void AnswerRaw(std::string bytes);

 private:
  void Run();
  void Serve(int connection);

  const int listener_;
  std::string url_;
  Mutex mu_;
  std::string answer_ ABSL_GUARDED_BY(mu_);
  std::vector<int> waiting_;  // Connections; of the thread alone.
  Latch end_;
  std::thread thread_;
};

// Of a server `pid` whose peers are in these states, by pid from 1 on.
Stats StatsOf(int32_t pid, const std::vector<PeerStats::State>& states);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_TESTING_STATUS_PORT_H_
