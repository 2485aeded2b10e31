#include "raft/testing/history.h"

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "raft/testing/judgement.h"

namespace raft_cluster::internal {

Content Content::Of(absl::string_view msg) {
  Content content;
  content.bytes = msg.size();
  content.hash = absl::HashOf(msg);
  return content;
}

void SenderLog::Sent(Pid to, uint64_t id, absl::string_view msg, int accepted,
                     int skipped) {
  entries_.push_back({to, id, Content::Of(msg), accepted, skipped});
}

void ReceiverLog::Took(Pid from, Pid to, uint64_t id, absl::string_view msg,
                       uint64_t incarnation) {
  entries_.push_back({from, to, id, Content::Of(msg), incarnation});
}

void SenderLog::Changed(Pid to, MembershipMark mark) {
  marks_[to].push_back({entries_.size(), mark});
}

bool SenderLog::Has(Pid peer, size_t position) const {
  bool has = true;
  const auto marks = marks_.find(peer);
  if (marks == marks_.end()) return has;
  for (const Mark& mark : marks->second) {
    if (mark.position > position) break;
    has = mark.mark != MembershipMark::kRemoved;
  }
  return has;
}

void ReceiverLog::Changed(Pid from, MembershipMark mark) {
  marks_.push_back({entries_.size(), from, mark});
}

SenderLog& History::AddSender(ServerLife life) {
  MutexLock lock(mu_);
  senders_.push_back(SenderLog(life));
  return senders_.back();
}

ReceiverLog& History::AddReceiver(ServerLife life) {
  MutexLock lock(mu_);
  receivers_.push_back(ReceiverLog(life));
  return receivers_.back();
}

Verdict History::Judge(OnRestart on_restart) const {
  MutexLock lock(mu_);
  return Judgement(senders_, receivers_, accounts_, on_restart).Verdict();
}

std::string ToString(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::kFromNowhere:
      return "from nowhere";
    case Verdict::kRefused:
      return "refused, yet taken";
    case Verdict::kWrongFrom:
      return "wrong from";
    case Verdict::kWrongTo:
      return "wrong to";
    case Verdict::kMisdelivered:
      return "misdelivered";
    case Verdict::kDamaged:
      return "damaged";
    case Verdict::kDuplicate:
      return "duplicate";
    case Verdict::kReordered:
      return "reordered";
    case Verdict::kGap:
      return "gap";
    case Verdict::kOldLife:
      return "old life";
    case Verdict::kIncarnation:
      return "incarnation";
    case Verdict::kSkipped:
      return "skipped, yet taken";
    case Verdict::kLost:
      return "lost";
    case Verdict::kAccount:
      return "account";
    case Verdict::kIdUsedTwice:
      return "id used twice";
  }
  return absl::StrCat("kind ", static_cast<int>(kind));
}

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  out << verdict.sent << " sent, " << verdict.taken
      << " taken: " << (verdict.ok() ? "as promised" : "not as promised")
      << "\n";
  for (const auto& entry : verdict.counts) {
    out << "  " << ToString(entry.first) << ": " << entry.second << "\n";
  }
  for (const Verdict::Violation& violation : verdict.violations) {
    out << "  " << ToString(violation.kind) << ": " << violation.text << "\n";
  }
  return out;
}

}  // namespace raft_cluster::internal
