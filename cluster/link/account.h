// What happened on a link, counted: the ledger of what was offered to the peer,
// what came from it, what was refused; and the events that say so.
//
//   account.Accepted();
//   account.Taken(1);
//   account.Report(account.Make(Event::PEER_UP));
//   for (Event& event : account.TakeEvents()) ...
//
// At any time accepted == taken + voided + abandoned + what is in the queue.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_ACCOUNT_H_
#define RAFT_CLUSTER_LINK_ACCOUNT_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "raft/base/pid.h"
#include "raft/cluster/link/send_queue.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/recording.pb.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class Account {
 public:
  explicit Account(Pid peer) : peer_(peer) {}

  // ---- Envelopes to the peer; of one that was offered, one of three ---------

  void Accepted() {
    ledger_.set_offered(ledger_.offered() + 1);
    ledger_.set_accepted(ledger_.accepted() + 1);
  }
  void Skipped(const Outgoing& envelope);
  void Refused() {
    ledger_.set_offered(ledger_.offered() + 1);
    ledger_.set_refused(ledger_.refused() + 1);
  }
  // And of each that was accepted, one of these in the end.
  void Taken(uint64_t envelopes) {
    ledger_.set_taken(ledger_.taken() + envelopes);
  }
  void Voided(uint64_t envelopes) {
    ledger_.set_voided(ledger_.voided() + envelopes);
  }
  void Abandoned(uint64_t envelopes) {
    ledger_.set_abandoned(ledger_.abandoned() + envelopes);
  }

  // ---- Envelopes from the peer ----------------------------------------------

  void Received(uint64_t envelopes) { received_ += envelopes; }
  void ReceivedTaken(uint64_t envelopes) { received_taken_ += envelopes; }

  // ---- Frames ---------------------------------------------------------------

  void Resent() { ++resent_; }
  // Bytes of envelopes in frames, with all that each has besides its msg.
  void SentBytes(uint64_t bytes) { sent_bytes_ += bytes; }
  void ReceivedBytes(uint64_t bytes) { received_bytes_ += bytes; }
  // `detail`: what was wrong, in words, where the reason does not say it all.
  void FrameRefused(Refusal::Reason reason, const std::string& address,
                    const std::string& detail = "");

  // ---- Events ---------------------------------------------------------------

  // Events name this life of the peer from now on.
  void SetLife(const Life& life) { life_ = life; }
  // One of this peer.
  Event Make(Event::Kind kind) const;
  // The same of so many envelopes, and why.
  Event Make(Event::Kind kind, const SendQueue::Count& count,
             absl::string_view why) const;
  void Report(Event event) { events_.push_back(std::move(event)); }
  bool has_events() const { return !events_.empty(); }
  // Those since the last call, in their order.
  std::vector<Event> TakeEvents() { return std::exchange(events_, {}); }

  // What the flight recorder is to know; the owner learns the same by events.
  void StateChanged(PeerStats::State state, std::string reason);
  bool has_states() const { return !states_.empty(); }
  std::vector<RecordedState> TakeStates() { return std::exchange(states_, {}); }

  uint64_t accepted() const { return ledger_.accepted(); }
  uint64_t received() const { return received_; }
  // Its part of the stats.
  void Fill(PeerStats* stats) const;

 private:
  Pid peer_;
  Life life_;
  Ledger ledger_;
  uint64_t received_ = 0;
  uint64_t received_taken_ = 0;
  uint64_t resent_ = 0;
  uint64_t sent_bytes_ = 0;
  uint64_t received_bytes_ = 0;
  std::array<uint64_t, Refusal::Reason_ARRAYSIZE> refused_{};
  std::vector<Event> events_;
  std::vector<RecordedState> states_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_ACCOUNT_H_
