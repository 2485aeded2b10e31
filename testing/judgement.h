// How History::Judge() comes to its verdict. For history.cc alone.
//
// Thread rule: one thread.
#ifndef RAFT_TESTING_JUDGEMENT_H_
#define RAFT_TESTING_JUDGEMENT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "raft/testing/history.h"

namespace raft_cluster::internal {

class Judgement {
 public:
  using Accounts = std::map<std::pair<ServerLife, Pid>, History::Account>;

  // The arguments are only looked at until the constructor returns.
  Judgement(const std::deque<SenderLog>& senders,
            const std::deque<ReceiverLog>& receivers, const Accounts& accounts,
            History::OnRestart on_restart);

  internal::Verdict Verdict() && { return std::move(verdict_); }

 private:
  struct Place {
    size_t sender;    // Index in senders_.
    size_t position;  // Index in its entries.
  };
  // What one life took of one log.
  struct TakenOfLog {
    std::vector<bool> seen;  // By position.
    // The first that it took after its own configuration had let the sender go.
    std::set<size_t> first_again;
  };
  using Taken = std::vector<TakenOfLog>;  // By sender.

  void Report(Verdict::Kind kind, std::string text);
  std::string Describe(const Place& place) const;
  const SenderLog::Entry& EntryAt(const Place& place) const;

  void IndexSends();
  void JudgeLog(const ReceiverLog& log);
  // False if it is not even one that this server might have taken.
  bool JudgeContent(const ReceiverLog& log, const ReceiverLog::Entry& entry,
                    const Place& place);
  void JudgeIncarnation(ServerLife sender, uint64_t incarnation);
  void JudgeGaps(size_t sender, Pid to);
  bool MeantFor(size_t sender, size_t position, Pid receiver) const;
  // The sender took `to` out of its configuration, or moved it, after the entry
  // `from` and before the entry `until`.
  bool LetGo(size_t sender, Pid to, size_t from, size_t until) const;
  // How many lives of `to` have taken it.
  size_t TakenBy(const Place& place, Pid to) const;
  // The sender has moved `to` since the entry: it may go there twice.
  bool MovedSince(const Place& place, Pid to) const;
  void JudgeSkips();
  void JudgeAccount(ServerLife sender, Pid to, const History::Account& account);

  const std::deque<SenderLog>& senders_;
  const History::OnRestart on_restart_;
  absl::flat_hash_map<uint64_t, Place> places_;  // By id.
  std::map<Pid, std::map<int, Taken>> taken_;    // By pid, by life.
  // Broadcasts that were not accepted for all peers, with who took them.
  std::map<uint64_t, std::set<Pid>> takers_of_skipped_;
  std::map<ServerLife, uint64_t> incarnation_of_;
  std::map<std::pair<Pid, uint64_t>, ServerLife> life_of_;
  internal::Verdict verdict_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_JUDGEMENT_H_
