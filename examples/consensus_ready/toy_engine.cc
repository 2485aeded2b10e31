#include "raft/examples/consensus_ready/toy_engine.h"

#include <algorithm>
#include <functional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace raft_cluster {

ToyEngine::ToyEngine(Pid self, int servers, absl::string_view kept)
    : self_(self), log_(absl::StrSplit(kept, '\n', absl::SkipEmpty())) {
  kept_ = log_.size();
  if (self_ != kLeader) return;
  for (Pid pid = 2; pid <= servers; ++pid) followers_[pid].is_due = true;
}

void ToyEngine::Tick() {
  for (auto& [pid, follower] : followers_) {
    follower.told = follower.has;  // What was said since may be lost.
    follower.is_due = true;
  }
}

void ToyEngine::OnUnreachable(Pid peer) {
  const auto found = followers_.find(peer);
  // Until it is heard, or the next tick.
  if (found != followers_.end()) found->second.is_due = false;
}

bool ToyEngine::Propose(const std::string& command) {
  if (self_ != kLeader) return false;
  log_.push_back(command);
  for (auto& [pid, follower] : followers_) follower.is_due = true;
  return true;
}

void ToyEngine::Step(Pid from, absl::string_view message) {
  if (self_ != kLeader) return OnCommands(message);
  Follower& follower = followers_[from];
  size_t has;
  if (!absl::SimpleAtoi(message, &has) || has > log_.size()) return;
  // Never less: what was kept once stays.
  follower.has = std::max(follower.has, has);
  follower.told = std::max(follower.told, follower.has);
  follower.is_due |= follower.told < log_.size();
  SeeWhatIsCommitted();
}

void ToyEngine::OnCommands(absl::string_view message) {
  const std::vector<std::string> lines = absl::StrSplit(message, '\n');
  const std::vector<std::string> head = absl::StrSplit(lines[0], ' ');
  size_t first, committed;
  if (head.size() != 2 || !absl::SimpleAtoi(head[0], &first) ||
      !absl::SimpleAtoi(head[1], &committed)) {
    return;
  }
  answers_ = true;  // Also where there is nothing new: it tells what it has.
  if (first > log_.size()) return;
  for (size_t i = log_.size() - first + 1; i < lines.size(); ++i) {
    log_.push_back(lines[i]);
  }
  committed_ = std::max(committed_, std::min(committed, log_.size()));
}

void ToyEngine::SeeWhatIsCommitted() {
  std::vector<size_t> has = {kept_};
  for (const auto& [pid, follower] : followers_) has.push_back(follower.has);
  std::sort(has.begin(), has.end(), std::greater<>());
  committed_ = std::max(committed_, has[has.size() / 2]);
}

std::string ToyEngine::MessageTo(Follower* follower, size_t max_bytes) const {
  std::string text = absl::StrCat(follower->told, " ", committed_);
  for (; follower->told < log_.size(); ++follower->told) {
    const std::string& command = log_[follower->told];
    if (text.size() + 1 + command.size() > max_bytes) break;
    absl::StrAppend(&text, "\n", command);
  }
  follower->is_due = false;
  return text;
}

Ready ToyEngine::TakeReady(size_t max_bytes) {
  Ready ready;
  for (; kept_ < log_.size(); ++kept_) {
    absl::StrAppend(&ready.record, log_[kept_], "\n");
  }
  for (auto& [pid, follower] : followers_) {
    if (follower.is_due) {
      ready.messages.push_back({pid, MessageTo(&follower, max_bytes)});
    }
  }
  if (answers_) ready.messages.push_back({kLeader, absl::StrCat(kept_)});
  answers_ = false;
  for (; applied_ < committed_; ++applied_) {
    ready.committed.push_back(log_[applied_]);
  }
  return ready;
}

}  // namespace raft_cluster
