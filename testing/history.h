// Judges what a cluster did: senders write down what the outbox accepted,
// receivers what they took, and Judge() says where that breaks the contract.
// It knows no server and no clock, so that one judge serves servers in this
// process, processes that are read line by line, and simulated ones.
//
//   History history;
//   SenderLog& sender = history.AddSender({/*pid=*/1, /*number=*/1});
//   ReceiverLog& receiver = history.AddReceiver({/*pid=*/2, /*number=*/1});
//   uint64_t id = history.NextId();
//   sender.Sent(/*to=*/2, id, msg, /*accepted=*/1);
//   receiver.Took(/*from=*/1, /*to=*/2, id, msg);
//   history.SetAccount({1, 1}, /*to=*/2, {/*accepted=*/1, /*taken=*/1});
//   Verdict verdict = history.Judge();
//   EXPECT_TRUE(verdict.ok()) << verdict;
//
// A server's life has one log per thread that sends or takes: order is judged
// from each sending thread to each taking one, all else for the lives as a
// whole.
//
// Thread rule: AddSender(), AddReceiver() and NextId() from any thread; a log
// by one thread at a time. Judge() and SetAccount() when nobody writes.
#ifndef RAFT_TESTING_HISTORY_H_
#define RAFT_TESTING_HISTORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "raft/base/mutex.h"
#include "raft/cluster/config.h"

namespace raft_cluster::internal {

// One life of a server. A pid's lives are numbered in the order in which they
// began. Written "pid.number".
struct ServerLife {
  Pid pid = 0;
  int number = 1;

  friend bool operator<(const ServerLife& a, const ServerLife& b) {
    return std::make_pair(a.pid, a.number) < std::make_pair(b.pid, b.number);
  }
  friend bool operator==(const ServerLife& a, const ServerLife& b) {
    return a.pid == b.pid && a.number == b.number;
  }
  friend std::ostream& operator<<(std::ostream& out, const ServerLife& life) {
    return out << life.pid << "." << life.number;
  }
};

// What was sent or taken, without its bytes.
struct Content {
  size_t bytes = 0;
  uint64_t hash = 0;

  static Content Of(absl::string_view msg);
  friend bool operator==(const Content& a, const Content& b) {
    return a.bytes == b.bytes && a.hash == b.hash;
  }
};

// What a reload did to one peer, as far as envelopes are concerned.
enum class MembershipMark {
  kAdded,
  kRemoved,
  kMoved,  // To another url, where there are no keys.
};

// What one thread offered to the outbox of one life, in that order.
class SenderLog {
 public:
  // `accepted` and `skipped` are the receipt's; both 0 if it was refused.
  // `id` is of History::NextId().
  void Sent(Pid to, uint64_t id, absl::string_view msg, int accepted,
            int skipped = 0);
  // The configuration of its server has changed since the last call.
  void Changed(Pid to, MembershipMark mark);

 private:
  friend class History;
  friend class Judgement;
  struct Mark {
    size_t position;  // Of the entry behind it.
    MembershipMark mark;
  };
  struct Entry {
    Pid to;
    uint64_t id;
    Content content;
    int accepted;
    int skipped;
  };
  explicit SenderLog(ServerLife life) : life_(life) {}
  // The peer was in the configuration when this entry was made.
  bool Has(Pid peer, size_t position) const;
  const ServerLife life_;
  std::vector<Entry> entries_;
  std::map<Pid, std::vector<Mark>> marks_;  // In their order.
};

// What one thread took from the inbox of one life, in that order.
class ReceiverLog {
 public:
  // `incarnation` is the sender's, 0 where it is not known.
  void Took(Pid from, Pid to, uint64_t id, absl::string_view msg,
            uint64_t incarnation = 0);
  // As in SenderLog.
  void Changed(Pid from, MembershipMark mark);

 private:
  friend class History;
  friend class Judgement;
  struct Entry {
    Pid from;
    Pid to;
    uint64_t id;
    Content content;
    uint64_t incarnation;
  };
  struct Mark {
    size_t position;
    Pid from;
    MembershipMark mark;
  };
  explicit ReceiverLog(ServerLife life) : life_(life) {}
  const ServerLife life_;
  std::vector<Entry> entries_;
  std::vector<Mark> marks_;
};

struct Verdict {
  enum Kind {
    kFromNowhere,   // Taken, but nobody sent it.
    kRefused,       // Taken, though the outbox had refused it.
    kWrongFrom,     // `from` is not who sent it.
    kWrongTo,       // `to` is not what it was sent to.
    kMisdelivered,  // Taken by a server that it was not meant for.
    kDamaged,       // Not the bytes that were sent.
    kDuplicate,     // Taken twice by one life, or twice by two under void.
    kReordered,     // Taken before one that was accepted earlier.
    kGap,           // Passed over, while a later one was taken.
    kOldLife,       // Of an old life, after one of a newer life of its pid.
    kIncarnation,   // Two incarnations of one life, or one of two.
    kSkipped,       // Taken by more peers than accepted it.
    kLost,          // Known to be taken, says the ledger, but it was not.
    kAccount,       // The ledger's `accepted` is not what the outbox said.
    kIdUsedTwice,   // The test's own mistake.
  };
  struct Violation {
    Kind kind;
    std::string text;
  };

  bool ok() const { return counts.empty(); }

  std::map<Kind, size_t> counts;
  // The first 20, in words.
  std::vector<Violation> violations;
  // How much there was to judge.
  size_t sent = 0;
  size_t taken = 0;
};
std::string ToString(Verdict::Kind kind);
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

class History {
 public:
  // What the ledger of a sender's life says at its end about one peer.
  struct Account {
    uint64_t accepted = 0;
    uint64_t taken = 0;
  };
  enum class OnRestart { kResend, kVoid };  // As in the servers' options.

  // Logs live as long as the history.
  SenderLog& AddSender(ServerLife life);
  ReceiverLog& AddReceiver(ServerLife life);

  // From 1, each once.
  uint64_t NextId() { return next_id_.fetch_add(1) + 1; }

  // A life without an account may have lost the tail of what it sent.
  void SetAccount(ServerLife sender, Pid to, Account account) {
    accounts_[{sender, to}] = account;
  }

  Verdict Judge(OnRestart on_restart = OnRestart::kResend) const;

 private:
  friend class Judgement;

  std::atomic<uint64_t> next_id_{0};
  std::map<std::pair<ServerLife, Pid>, Account> accounts_;
  mutable Mutex mu_;
  std::deque<SenderLog> senders_ ABSL_GUARDED_BY(mu_);
  std::deque<ReceiverLog> receivers_ ABSL_GUARDED_BY(mu_);
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_HISTORY_H_
