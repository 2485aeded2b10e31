// Standard output that may be read slowly, or not at all: writing waits for its
// reader, and gives up when the program is to end.
//
//   Output output(STDOUT_FILENO, [] { return fds; }, [] { return Ended(); });
//   switch (output.Write(text)) ...
//
// Thread rule: one thread.
#ifndef RAFT_CMD_TOP_OUTPUT_H_
#define RAFT_CMD_TOP_OUTPUT_H_

#include <functional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/cmd/stream.h"

namespace raft_cluster::internal {

class Output {
 public:
  enum class Outcome {
    kWritten,
    kGivenUp,  // Some of it was not written, and never will be.
    kFailed,   // errno says why.
  };

  // `fd` is never closed. While the reader is waited for, `give_up` is asked as
  // soon as one of `wakers()` is readable, and is to read from it.
  Output(int fd, std::function<std::vector<int>()> wakers,
         std::function<bool()> give_up);

  // Waits no longer than `patience`.
  Outcome Write(absl::string_view text,
                absl::Duration patience = absl::InfiniteDuration());

 private:
  Stream stream_;
  const std::function<std::vector<int>()> wakers_;
  const std::function<bool()> give_up_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_OUTPUT_H_
