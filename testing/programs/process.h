// A program under test: a child process whose stdout and stderr are collected
// as it writes them, so that it never waits for its reader.
//
//   auto process = Process::Start({"cmd/server", {"--pid=2"}});
//   ASSERT_TRUE(process.ok()) << process.status();
//   EXPECT_TRUE((*process)->Write("hello\n", absl::Seconds(5)));
//   EXPECT_EQ((*process)->ReadLine(absl::Seconds(5)), "1 -> 2: hello");
//   (*process)->Signal(SIGTERM);
//   EXPECT_EQ((*process)->WaitForExit(absl::Seconds(5)), 0);
//
// The process ends with its object, and with the test, however that ends; it
// leaves no zombie.
//
// Thread rule: Start() from a thread that outlives the process, all else from
// any.
#ifndef RAFT_TESTING_PROGRAMS_PROCESS_H_
#define RAFT_TESTING_PROGRAMS_PROCESS_H_

#include <sys/types.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "raft/base/mutex.h"

namespace raft_cluster::internal {

class Process {
 public:
  struct Spec {
    std::string program;  // A path, from the folder of the test.
    std::vector<std::string> arguments;
    std::string folder;  // To start it in; "": that of the test.
    std::map<std::string, std::string> environment;  // In addition.
    bool terminal = false;  // stdin is a terminal, not a pipe.
    bool unread = false;    // Nobody reads stdout and stderr, both full soon.
    // ulimit -n, soft and hard. 0: as the test's own.
    int soft_descriptors = 0;
    int hard_descriptors = 0;
  };

  // A code of the system's: no more processes or descriptors. A program that is
  // not there shows as exit code 127.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const Spec& spec);
  ~Process();  // Kills it, if it still runs.
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Writes all of `text` to its stdin. False: it did not read it within
  // `timeout`, or has closed it.
  bool Write(absl::string_view text, absl::Duration timeout);
  // The end of its stdin. No Write() may be under way.
  void CloseInput();
  // Nobody reads its stdout any more.
  void CloseOutput();

  // The next line of its stdout. nullopt: none came within `timeout`, or it
  // has ended and there is none.
  absl::optional<std::string> ReadLine(absl::Duration timeout);
  // All lines of stdout not read so far.
  std::vector<std::string> TakeLines();
  // How many those are.
  size_t CountLines();

  // Waits until its stderr contains `text`.
  bool WaitForError(absl::string_view text, absl::Duration timeout);
  // Its stderr so far.
  std::string errors();

  // Does nothing once it has ended. After SIGSTOP it stands still, all of it,
  // when this returns.
  void Signal(int signal);
  // Its exit code, or -N if signal N killed it; all it wrote can be read then.
  // nullopt: it still runs.
  absl::optional<int> WaitForExit(absl::Duration timeout);

 private:
  struct Ends;  // Of its streams, on our side.
  Process(pid_t pid, const Ends& ends, bool unread);

  // On a thread of its own, until the process is gone.
  void Collect();
  void AddOutput(absl::string_view bytes);
  void AddErrors(absl::string_view bytes);
  // Waits on changed_; false from `deadline` on.
  bool WaitUntil(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const pid_t pid_;
  int in_;  // -1 once closed.
  const int out_;
  const int err_;
  const int hang_up_;  // An eventfd: stop reading stdout.
  const bool unread_;
  Mutex mu_;
  CondVar changed_;
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mu_);
  std::string partial_ ABSL_GUARDED_BY(mu_);  // A line without its end.
  std::string errors_ ABSL_GUARDED_BY(mu_);
  absl::optional<int> exit_ ABSL_GUARDED_BY(mu_);
  std::thread collector_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROGRAMS_PROCESS_H_
