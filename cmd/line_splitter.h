// Cuts a stream of bytes into lines, in bounded memory. A line ends in "\n" or,
// as on Windows, in "\r\n".
//
//   LineSplitter lines(/*limit_bytes=*/1 << 20);
//   lines.Add(bytes);
//   while (absl::optional<LineSplitter::Line> line = lines.Next()) ...
//
// Thread rule: one thread at a time.
#ifndef RAFT_CMD_LINE_SPLITTER_H_
#define RAFT_CMD_LINE_SPLITTER_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace raft_cluster::internal {

class LineSplitter {
 public:
  struct Line {
    std::string text;  // Without its line end; at most `limit_bytes`.
    size_t bytes = 0;  // What it had; more than that if it was cut off.
  };

  explicit LineSplitter(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // The next bytes of the stream. REQUIRES: Next() has answered nullopt since
  // the last call, so that no more than these and one line are held.
  void Add(absl::string_view bytes);

  // The stream has ended: what is left is a line, if there is anything.
  void End();

  // The next whole line; nullopt until more is added.
  absl::optional<Line> Next();

 private:
  const size_t limit_bytes_;
  std::string input_;            // As added.
  size_t position_ = 0;          // Of the next unused byte.
  Line line_;                    // As far as it has come.
  bool ends_in_return_ = false;  // Its last byte, perhaps of its end.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_LINE_SPLITTER_H_
