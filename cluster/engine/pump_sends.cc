// How Pump sends what users send.
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/cluster/engine/pump.h"

namespace raft_cluster::internal {
namespace {

// After so many envelopes that went without a look at the clock comes one with
// it: their frame may be due.
constexpr int kMaxJoined = 31;

}  // namespace

absl::StatusOr<Acceptance> Pump::Send(Pid to, const Outgoing& envelope,
                                      absl::Duration timeout, bool only_live) {
  Patience patience{timeout, only_live};
  MutexLock lock(mu_);
  return SendOne(to, envelope, &patience);
}

Acceptances Pump::SendMany(absl::Span<const Addressed> envelopes,
                           Patience* patience) {
  Acceptances accepted;
  MutexLock lock(mu_);
  for (const Addressed& next : envelopes) {
    const absl::StatusOr<Acceptance> receipt =
        SendOne(next.to, next.envelope, patience);
    if (!receipt.ok()) {
      accepted.status = receipt.status();
      break;
    }
    ++accepted.envelopes;
    accepted.skipped += static_cast<uint64_t>(receipt->skipped);
  }
  return accepted;
}

absl::StatusOr<Acceptance> Pump::SendOne(Pid to, const Outgoing& envelope,
                                         Patience* patience) {
  const bool waits = patience->timeout > absl::ZeroDuration();
  const Engine::Manner manner = waits ? Engine::Manner::kPaced
                                : patience->only_live
                                    ? Engine::Manner::kLiveOnly
                                    : Engine::Manner::kAny;
  if (interrupted_ && waits) {
    engine_.CountRefused(to);
    return Interrupted();
  }
  // The short way of a busy sender: no clock, no look at what is due, nobody to
  // wake. It never waits, so SeeOff() need not know of it.
  if (recent_.joined < kMaxJoined && !patience->only_live) {
    if (const int links = engine_.Join(to, envelope, manner); links > 0) {
      ++recent_.joined;
      return Acceptance{links, 0};
    }
  }
  recent_.joined = 0;
  const Inside inside(this);
  PeerRef waits_for;
  for (;;) {
    const Micros now = clock_.Now();
    // It waits for a link, and not for a pid.
    if (waits_for != PeerRef() && engine_.RefOf(to) != waits_for) {
      engine_.CountRefused(to);
      return absl::NotFoundError(
          absl::StrCat("server ", to, " was taken out of the configuration"));
    }
    absl::StatusOr<Acceptance> receipt =
        engine_.Offer(to, envelope, now, manner);
    ShowNews();
    // What was skipped, or a peer that is slow, is said by this call alone: the
    // leader may sleep for long.
    NotifyOfEvents();
    if (receipt.ok()) {
      Flush(now);
      return receipt;
    }
    const bool full =
        receipt.status().code() == absl::StatusCode::kResourceExhausted;
    // A full queue is what it may wait for; all other answers are final.
    if (full && patience->deadline == 0) {
      patience->deadline = After(patience->timeout);
    }
    if (!full || now >= patience->deadline) {
      engine_.CountRefused(to);
      if (full && !waits) engine_.OweRoom(to, envelope.msg.size());
      if (!full || !waits) return receipt;
      return absl::DeadlineExceededError(receipt.status().message());
    }
    waits_for = engine_.RefOf(to);
    ++waiters_.watchers;
    Wait(waiters_.changed, patience->deadline);
    --waiters_.watchers;
    if (interrupted_) {
      engine_.CountRefused(to);
      return Interrupted();
    }
  }
}

}  // namespace raft_cluster::internal
