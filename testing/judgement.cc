#include "raft/testing/judgement.h"

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "raft/cluster/received.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxViolationsInWords = 20;

std::string ToText(const ServerLife& life) {
  std::ostringstream out;
  out << life;
  return out.str();
}

std::string ToText(Pid to) {
  return to == kBroadcast ? "everybody" : absl::StrCat(to);
}

// There may be others before the first that was expected: those that were not
// accepted for all.
bool StartsAgain(const std::set<size_t>& first_again, size_t from, size_t to) {
  const auto first = first_again.lower_bound(from);
  return first != first_again.end() && *first <= to;
}

}  // namespace

bool Judgement::MeantFor(size_t sender, size_t position, Pid receiver) const {
  const SenderLog& log = senders_[sender];
  const Pid to = log.entries_[position].to;
  if (log.life_.pid == receiver) return false;
  return to == receiver || (to == kBroadcast && log.Has(receiver, position));
}

bool Judgement::LetGo(size_t sender, Pid to, size_t from, size_t until) const {
  const auto marks = senders_[sender].marks_.find(to);
  if (marks == senders_[sender].marks_.end()) return false;
  return std::any_of(marks->second.begin(), marks->second.end(),
                     [&](const SenderLog::Mark& mark) {
                       return mark.position > from && mark.position <= until &&
                              (mark.mark == MembershipMark::kRemoved ||
                               on_restart_ == History::OnRestart::kVoid);
                     });
}

size_t Judgement::TakenBy(const Place& place, Pid to) const {
  const auto& lives = taken_.at(to);
  const auto count =
      std::count_if(lives.begin(), lives.end(), [&place](const auto& life) {
        const std::vector<bool>& seen = life.second[place.sender].seen;
        return place.position < seen.size() && seen[place.position];
      });
  return static_cast<size_t>(count);
}

bool Judgement::MovedSince(const Place& place, Pid to) const {
  const auto& all = senders_[place.sender].marks_;
  const auto marks = all.find(to);
  if (marks == all.end()) return false;
  return std::any_of(marks->second.begin(), marks->second.end(),
                     [&](const SenderLog::Mark& mark) {
                       return mark.position > place.position &&
                              mark.mark == MembershipMark::kMoved;
                     });
}

Judgement::Judgement(const std::deque<SenderLog>& senders,
                     const std::deque<ReceiverLog>& receivers,
                     const Accounts& accounts, History::OnRestart on_restart)
    : senders_(senders), on_restart_(on_restart) {
  IndexSends();
  for (const ReceiverLog& log : receivers) JudgeLog(log);
  for (size_t sender = 0; sender < senders_.size(); ++sender) {
    for (const auto& lives : taken_) JudgeGaps(sender, lives.first);
  }
  JudgeSkips();
  for (const auto& account : accounts) {
    JudgeAccount(account.first.first, account.first.second, account.second);
  }
}

void Judgement::Report(Verdict::Kind kind, std::string text) {
  ++verdict_.counts[kind];
  if (verdict_.violations.size() < kMaxViolationsInWords) {
    verdict_.violations.push_back({kind, std::move(text)});
  }
}

const SenderLog::Entry& Judgement::EntryAt(const Place& place) const {
  return senders_[place.sender].entries_[place.position];
}

std::string Judgement::Describe(const Place& place) const {
  const SenderLog::Entry& entry = EntryAt(place);
  return absl::StrCat("#", entry.id, " (", entry.content.bytes,
                      " bytes, number ", place.position + 1, " of ",
                      ToText(senders_[place.sender].life_), ", to ",
                      ToText(entry.to), ")");
}

void Judgement::IndexSends() {
  size_t total = 0;
  for (const SenderLog& sender : senders_) total += sender.entries_.size();
  places_.reserve(total);
  for (size_t sender = 0; sender < senders_.size(); ++sender) {
    const auto& entries = senders_[sender].entries_;
    verdict_.sent += entries.size();
    for (size_t i = 0; i < entries.size(); ++i) {
      const Place place = {sender, i};
      if (!places_.emplace(entries[i].id, place).second) {
        Report(Verdict::kIdUsedTwice, Describe(place));
      }
      if (entries[i].skipped > 0) takers_of_skipped_[entries[i].id];
    }
  }
}

void Judgement::JudgeLog(const ReceiverLog& log) {
  const ServerLife life = log.life_;
  verdict_.taken += log.entries_.size();
  Taken& taken = taken_[life.pid][life.number];
  taken.resize(senders_.size());
  std::vector<size_t> next(senders_.size(), 0);
  std::map<Pid, ServerLife> newest;
  std::map<Pid, ServerLife> forgotten;  // The newest, before a move.
  std::set<Pid> let_go;                 // Since something of them was taken.
  size_t mark = 0;
  for (size_t i = 0; i < log.entries_.size(); ++i) {
    const ReceiverLog::Entry& entry = log.entries_[i];
    for (; mark < log.marks_.size() && log.marks_[mark].position <= i; ++mark) {
      const ReceiverLog::Mark& change = log.marks_[mark];
      if (change.mark == MembershipMark::kAdded) continue;
      let_go.insert(change.from);
      // Of whoever is at the new address the former lives say nothing: an older
      // one may come back, and has not heard what was taken of it since it was
      // replaced.
      const auto known = newest.find(change.from);
      if (change.mark != MembershipMark::kMoved || known == newest.end()) {
        continue;
      }
      forgotten[change.from] = known->second;
      newest.erase(known);
    }
    const auto found = places_.find(entry.id);
    if (found == places_.end()) {
      Report(Verdict::kFromNowhere,
             absl::StrCat(ToText(life), " took #", entry.id, " (",
                          entry.content.bytes, " bytes) from ", entry.from));
      continue;
    }
    const Place place = found->second;
    if (!JudgeContent(log, entry, place)) continue;

    const SenderLog& sender = senders_[place.sender];
    std::vector<bool>& seen = taken[place.sender].seen;
    seen.resize(sender.entries_.size());
    if (let_go.erase(sender.life_.pid) > 0) {
      taken[place.sender].first_again.insert(place.position);
    }
    if (seen[place.position]) {
      if (MovedSince(place, life.pid)) continue;
      const auto newer = forgotten.find(sender.life_.pid);
      if (newer != forgotten.end() && sender.life_ < newer->second) continue;
      Report(Verdict::kDuplicate,
             absl::StrCat(ToText(life), " took ", Describe(place), " again"));
      continue;
    }
    seen[place.position] = true;
    if (place.position < next[place.sender]) {
      Report(Verdict::kReordered,
             absl::StrCat(ToText(life), " took ", Describe(place), " after ",
                          Describe({place.sender, next[place.sender] - 1})));
    } else {
      next[place.sender] = place.position + 1;
    }
    ServerLife& newest_life =
        newest.try_emplace(sender.life_.pid, sender.life_).first->second;
    if (sender.life_ < newest_life) {
      Report(Verdict::kOldLife,
             absl::StrCat(ToText(life), " took ", Describe(place),
                          " after an envelope of ", ToText(newest_life)));
    } else {
      newest_life = sender.life_;
    }
  }
}

bool Judgement::JudgeContent(const ReceiverLog& log,
                             const ReceiverLog::Entry& entry,
                             const Place& place) {
  const SenderLog::Entry& sent = EntryAt(place);
  const ServerLife sender = senders_[place.sender].life_;
  const auto took = [&] {
    return absl::StrCat(ToText(log.life_), " took ", Describe(place));
  };
  if (!MeantFor(place.sender, place.position, log.life_.pid)) {
    Report(Verdict::kMisdelivered, took());
    return false;
  }
  if (entry.from != sender.pid) {
    Report(Verdict::kWrongFrom, absl::StrCat(took(), " as from ", entry.from));
  }
  if (entry.to != sent.to) {
    Report(Verdict::kWrongTo,
           absl::StrCat(took(), " as sent to ", ToText(entry.to)));
  }
  if (!(entry.content == sent.content)) {
    Report(Verdict::kDamaged, absl::StrCat(took(), " as ", entry.content.bytes,
                                           " bytes, not those sent"));
  }
  if (sent.accepted == 0) Report(Verdict::kRefused, took());
  if (sent.skipped > 0) takers_of_skipped_[sent.id].insert(log.life_.pid);
  if (entry.incarnation != 0) JudgeIncarnation(sender, entry.incarnation);
  return true;
}

void Judgement::JudgeIncarnation(ServerLife sender, uint64_t incarnation) {
  const uint64_t known =
      incarnation_of_.try_emplace(sender, incarnation).first->second;
  const ServerLife life =
      life_of_.try_emplace(std::make_pair(sender.pid, incarnation), sender)
          .first->second;
  if (known != incarnation) {
    Report(Verdict::kIncarnation,
           absl::StrCat(ToText(sender), " was seen as ", absl::Hex(known),
                        " and as ", absl::Hex(incarnation)));
  } else if (!(life == sender)) {
    Report(Verdict::kIncarnation,
           absl::StrCat(ToText(sender), " and ", ToText(life),
                        " were both seen as ", absl::Hex(incarnation)));
  }
}

// What a life took of one log is a run without holes of what was accepted for
// its pid. The first life begins at the first; a later one where its
// predecessors ended, or before (resend), or anywhere after (void).
void Judgement::JudgeGaps(size_t sender, Pid to) {
  const auto& entries = senders_[sender].entries_;
  const bool resend = on_restart_ == History::OnRestart::kResend;
  std::vector<size_t> expected;  // Positions.
  for (size_t i = 0; i < entries.size(); ++i) {
    if (MeantFor(sender, i, to) && entries[i].accepted > 0 &&
        entries[i].skipped == 0) {
      expected.push_back(i);
    }
  }
  size_t done = 0;  // So many of them were taken, or voided, by older lives.
  bool first_life = true;
  for (const auto& life : taken_[to]) {
    const std::string receiver = ToText(ServerLife{to, life.first});
    const std::vector<bool>& taken = life.second[sender].seen;
    const std::set<size_t>& first_again = life.second[sender].first_again;
    std::vector<size_t> mine;  // Indices in `expected`.
    for (size_t i = 0; i < expected.size() && expected[i] < taken.size(); ++i) {
      if (taken[expected[i]]) mine.push_back(i);
    }
    for (size_t i = 0; i < mine.size(); ++i) {
      const bool any_start = i == 0 && !resend && !first_life;
      size_t due = i == 0 ? done : mine[i - 1] + 1;
      // With a peer that was moved, an older life may have come after a newer
      // one, and gone on where that ended.
      while (due < mine[i] && MovedSince({sender, expected[due]}, to) &&
             TakenBy({sender, expected[due]}, to) > 0) {
        ++due;
      }
      // Voided, since either end had let the other go.
      const bool let_go =
          mine[i] > due &&
          (LetGo(sender, to, expected[mine[i] - 1], expected[mine[i]]) ||
           (!resend &&
            StartsAgain(first_again, expected[due], expected[mine[i]])));
      if (mine[i] > due && !any_start && !let_go) {
        Report(Verdict::kGap,
               absl::StrCat(receiver, " took ",
                            Describe({sender, expected[mine[i]]}),
                            " and passed over ", mine[i] - due, ": from ",
                            Describe({sender, expected[due]}), " to ",
                            Describe({sender, expected[mine[i] - 1]})));
      }
      // The numbers of lives say nothing of their order there.
      const Place place = {sender, expected[mine[i]]};
      const bool twice =
          MovedSince(place, to) ? TakenBy(place, to) > 1 : mine[i] < done;
      if (twice && !resend) {
        Report(Verdict::kDuplicate,
               absl::StrCat(receiver, " took ",
                            Describe({sender, expected[mine[i]]}),
                            ", as an older life had"));
      }
    }
    if (!mine.empty()) done = std::max(done, mine.back() + 1);
    first_life = false;
  }
}

void Judgement::JudgeSkips() {
  for (const auto& skipped : takers_of_skipped_) {
    const Place place = places_.at(skipped.first);
    const auto accepted = static_cast<size_t>(EntryAt(place).accepted);
    if (skipped.second.size() > accepted) {
      Report(Verdict::kSkipped,
             absl::StrCat(skipped.second.size(), " peers took ",
                          Describe(place), ", ", accepted, " accepted it"));
    }
  }
}

void Judgement::JudgeAccount(ServerLife life, Pid to,
                             const History::Account& account) {
  size_t accepted = 0;
  size_t perhaps = 0;  // Of a broadcast past some peer, which is not said.
  size_t taken = 0;
  for (size_t sender = 0; sender < senders_.size(); ++sender) {
    if (!(senders_[sender].life_ == life)) continue;
    const auto& entries = senders_[sender].entries_;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!MeantFor(sender, i, to)) continue;
      if (entries[i].accepted > 0) {
        ++(entries[i].skipped > 0 ? perhaps : accepted);
      }
      for (const auto& lives : taken_[to]) {
        const std::vector<bool>& seen = lives.second[sender].seen;
        if (i < seen.size() && seen[i]) {
          ++taken;
          break;
        }
      }
    }
  }
  const std::string link = absl::StrCat(ToText(life), " -> ", to, ": ");
  if (account.accepted < accepted || account.accepted > accepted + perhaps) {
    Report(Verdict::kAccount,
           absl::StrCat(
               link, "the ledger accepted ", account.accepted, ", the outbox ",
               accepted,
               perhaps > 0 ? absl::StrCat(" to ", accepted + perhaps) : ""));
  }
  if (account.taken > taken) {
    Report(Verdict::kLost, absl::StrCat(link, "the ledger has ", account.taken,
                                        " taken, the receiver took ", taken));
  }
}

}  // namespace raft_cluster::internal
