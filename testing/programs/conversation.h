// Real servers that are told lines all the time, while a test kills, stops and
// restarts them; what goes in and comes out is written down and judged.
//
//   Conversation talk(3);
//   for (Pid pid : {1, 2, 3}) talk.Start(pid);
//   talk.Talk(1, {2, kBroadcast});
//   ASSERT_TRUE(talk.WaitUntilHeard(1, 2));
//   talk.Kill(2);
//   talk.Start(2);
//   talk.Hush();
//   EXPECT_TRUE(talk.WaitUntilAllHeard());
//   talk.EndAndJudge();
//
// Thread rule: one thread.
#ifndef RAFT_TESTING_PROGRAMS_CONVERSATION_H_
#define RAFT_TESTING_PROGRAMS_CONVERSATION_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "raft/base/mutex.h"
#include "raft/cluster/received.h"
#include "raft/proto/stats.pb.h"
#include "raft/testing/history.h"
#include "raft/testing/programs/process.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {

class Conversation {
 public:
  static constexpr int kUntilHushed = std::numeric_limits<int>::max();

  // Of pids 1 to `size`; each is started with these arguments.
  explicit Conversation(int size, std::vector<std::string> arguments = {});
  ~Conversation();

  // Starts a life of a server.
  void Start(Pid pid);
  // Lets a thread of its own tell this life of `pid` what to send, to one of
  // `to` at a time, kBroadcast among them: so many lines as fast as it takes
  // them, or, without a number, some thousand in a second until Hush() or its
  // end.
  void Talk(Pid pid, std::vector<Pid> to, int lines = kUntilHushed);
  // Ends the talk that has no number of lines, and waits for the rest.
  void Hush();

  // kill -9.
  void Kill(Pid pid);
  // SIGSTOP and SIGCONT.
  void Pause(Pid pid);
  void Resume(Pid pid);

  // What it says of itself; empty, and a failure of the test, if it does not.
  Stats StatsOf(Pid pid);
  PeerStats StatsOf(Pid pid, Pid peer);

  // Until `at` has printed something that was said by `from` after this call;
  // until it has printed all that was said by the present life of `from`, or
  // everybody that of everybody else.
  bool WaitUntilHeard(Pid from, Pid at);
  bool WaitUntilAllHeard(Pid from, Pid at);
  bool WaitUntilAllHeard();

  // Ends those that run, and expects that all went as promised. REQUIRES: all
  // is heard.
  void EndAndJudge();

  size_t said();

 private:
  // One life of a server.
  struct Life {
    ServerLife life;
    std::unique_ptr<Process> process;
    SenderLog* sent = nullptr;
    ReceiverLog* took = nullptr;
    std::thread talker;
    std::atomic<bool> killed{false};
    std::map<ServerLife, uint64_t> first_heard, last_heard;  // Ids.
  };
  struct Said {
    ServerLife by;
    Pid to;
  };

  Life& Present(Pid pid) { return *lives_[pid].back(); }
  bool Runs(Pid pid) const;
  std::string NextLine(Life& life, Pid to) ABSL_LOCKS_EXCLUDED(mu_);
  // Writes down what all have printed so far.
  void Hear();
  void Hear(Life& life);
  void HearLine(Life& life, const std::string& line);
  // The id of what `by` said last to `at`; 0 if nothing.
  uint64_t LastSaid(ServerLife by, Pid at);
  // What killed lives took and had no time to print.
  void AddWhatWasTakenUnprinted();

  const ProgramCluster cluster_;
  const int size_;
  const std::vector<std::string> arguments_;
  History history_;
  std::map<Pid, std::vector<std::unique_ptr<Life>>> lives_;
  std::atomic<bool> hushed_{false};
  Mutex mu_;
  std::vector<Said> said_ ABSL_GUARDED_BY(mu_);  // By id - 1.
  std::map<std::pair<ServerLife, Pid>, uint64_t> last_said_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROGRAMS_CONVERSATION_H_
