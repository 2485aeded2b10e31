// Why a program ends. Several threads may see a reason; the first one counts.
//
// Thread rule: any thread.
#ifndef RAFT_CMD_ENDING_H_
#define RAFT_CMD_ENDING_H_

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "raft/base/mutex.h"
#include "raft/cmd/latch.h"
#include "raft/cmd/program.h"

namespace raft_cluster::internal {

class Ending {
 public:
  struct Reason {
    ExitCode code = kDone;
    std::string text;
  };

  // False: the system has no descriptor left, and this is of no use.
  bool ok() const { return latch_.ok(); }

  void Set(ExitCode code, std::string text) {
    MutexLock lock(mu_);
    if (set_) return;
    set_ = true;
    reason_ = {code, std::move(text)};
    latch_.Set();
  }
  Reason reason() {
    MutexLock lock(mu_);
    return reason_;
  }
  // Readable once there is a reason.
  int fd() const { return latch_.fd(); }

 private:
  Mutex mu_;
  bool set_ ABSL_GUARDED_BY(mu_) = false;
  Reason reason_ ABSL_GUARDED_BY(mu_);
  Latch latch_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_ENDING_H_
