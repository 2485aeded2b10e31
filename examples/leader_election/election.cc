#include "raft/examples/leader_election/election.h"

#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace raft_cluster {
namespace {

// A leader is heard about five times before a follower loses patience.
constexpr absl::Duration kHeartbeat = absl::Milliseconds(100);
constexpr absl::Duration kPatience = absl::Milliseconds(500);

enum Timer { kLeaderIsSilent, kSayWhoLeads };

// What servers say: a word and the speaker's term.
constexpr char kElectMe[] = "elect me";
constexpr char kYes[] = "yes";
constexpr char kILead[] = "I lead";

// Whom it does not reach now, the next word of the kind will.
void Say(Context& context, Pid to, absl::string_view word, int64_t term) {
  context.TrySend(to, absl::StrCat(word, ":", term)).IgnoreError();
}

}  // namespace

void Election::OnStart(Context& context) { AwaitLeader(context); }

// Of different length for everybody, so that seldom two stand at once.
void Election::AwaitLeader(Context& context) {
  context.SetTimer(kSayWhoLeads, absl::InfiniteDuration());
  context.SetTimer(kLeaderIsSilent,
                   kPatience * (1 + context.Random() % 1000 / 1000.0));
}

void Election::OnTimer(Context& context, int timer) {
  if (timer == kLeaderIsSilent) return Stand(context);
  Say(context, kBroadcast, kILead, ballot_.term);
  context.SetTimer(kSayWhoLeads, kHeartbeat);
}

// Before anything is said of it: who crashes in between has said nothing.
void Election::SetBallot(const Ballot& ballot) {
  ballot_ = ballot;
  keep_(ballot_);
}

void Election::Stand(Context& context) {
  SetBallot({ballot_.term + 1, context.pid()});
  role_ = Role::kCandidate;
  leader_ = 0;
  votes_ = {context.pid()};
  AwaitLeader(context);
  Say(context, kBroadcast, kElectMe, ballot_.term);
}

void Election::Lead(Context& context) {
  role_ = Role::kLeader;
  leader_ = context.pid();
  context.SetTimer(kLeaderIsSilent, absl::InfiniteDuration());
  OnTimer(context, kSayWhoLeads);
  on_leader_(leader_, ballot_.term);
}

void Election::Follow(Context& context, Pid leader) {
  role_ = Role::kFollower;
  AwaitLeader(context);
  if (leader == leader_) return;
  leader_ = leader;
  on_leader_(leader, ballot_.term);
}

void Election::OnEnvelope(Context& context, const Received& got) {
  const std::vector<std::string> parts = absl::StrSplit(got.msg(), ':');
  int64_t term;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &term)) return;
  const std::string& word = parts[0];
  if (term < ballot_.term) return;  // From the past.
  if (term > ballot_.term) {
    SetBallot({term, 0});
    role_ = Role::kFollower;
    leader_ = 0;
    AwaitLeader(context);
  }
  if (word == kILead) {
    Follow(context, got.from());
  } else if (word == kElectMe) {
    if (ballot_.voted_for != 0 && ballot_.voted_for != got.from()) return;
    if (ballot_.voted_for == 0) SetBallot({term, got.from()});
    AwaitLeader(context);
    Say(context, got.from(), kYes, term);
  } else if (word == kYes && role_ == Role::kCandidate) {
    votes_.insert(got.from());
    if (2 * votes_.size() > context.peers().size() + 1) Lead(context);
  }
}

}  // namespace raft_cluster
