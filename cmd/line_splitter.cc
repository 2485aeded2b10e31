#include "raft/cmd/line_splitter.h"

#include <algorithm>
#include <utility>

namespace raft_cluster::internal {

void LineSplitter::Add(absl::string_view bytes) {
  input_.assign(bytes.data(), bytes.size());
  position_ = 0;
}

void LineSplitter::End() {
  if (line_.bytes > 0) Add("\n");
}

absl::optional<LineSplitter::Line> LineSplitter::Next() {
  const absl::string_view rest = absl::string_view(input_).substr(position_);
  const size_t end = rest.find('\n');
  const absl::string_view piece = rest.substr(0, end);
  line_.text.append(piece.data(),
                    std::min(piece.size(), limit_bytes_ - line_.text.size()));
  line_.bytes += piece.size();
  position_ += piece.size();
  if (!piece.empty()) ends_in_return_ = piece.back() == '\r';
  if (end == absl::string_view::npos) return absl::nullopt;
  ++position_;
  if (std::exchange(ends_in_return_, false)) {
    --line_.bytes;
    line_.text.resize(std::min(line_.text.size(), line_.bytes));
  }
  return std::exchange(line_, {});
}

}  // namespace raft_cluster::internal
