#include "raft/cluster/link/account.h"

namespace raft_cluster::internal {

void Account::Skipped(const Outgoing& envelope) {
  ledger_.set_offered(ledger_.offered() + 1);
  ledger_.set_skipped(ledger_.skipped() + 1);
  SendQueue::Count count;
  count.envelopes = 1;
  count.bytes = envelope.msg.size();
  count.first_id = envelope.id;
  // One event for each: the queue of events folds them into one that counts.
  Report(Make(Event::ENVELOPES_SKIPPED, count, ""));
}

void Account::FrameRefused(Refusal::Reason reason, const std::string& address,
                           const std::string& detail) {
  ++refused_[reason];
  Event event = Make(Event::FRAME_REFUSED);
  event.set_count(1);
  event.set_refusal(reason);
  event.set_address(address);
  event.set_detail(detail);
  Report(std::move(event));
}

void Account::StateChanged(PeerStats::State state, std::string reason) {
  RecordedState& change = states_.emplace_back();
  change.set_peer(peer_);
  change.set_state(state);
  change.set_reason(std::move(reason));
}

Event Account::Make(Event::Kind kind) const {
  Event event;
  event.set_kind(kind);
  event.set_peer(peer_);
  if (life_) *event.mutable_incarnation() = life_.ToProto();
  return event;
}

Event Account::Make(Event::Kind kind, const SendQueue::Count& count,
                    absl::string_view why) const {
  Event event = Make(kind);
  event.set_count(count.envelopes);
  event.set_bytes(count.bytes);
  event.set_first_id(count.first_id);
  event.set_detail(std::string(why));
  return event;
}

void Account::Fill(PeerStats* stats) const {
  if (life_) *stats->mutable_incarnation() = life_.ToProto();
  *stats->mutable_ledger() = ledger_;
  stats->set_received(received_);
  stats->set_received_taken(received_taken_);
  stats->set_frames_resent(resent_);
  stats->set_sent_bytes(sent_bytes_);
  stats->set_received_bytes(received_bytes_);
  for (int reason = 0; reason < Refusal::Reason_ARRAYSIZE; ++reason) {
    if (refused_[reason] == 0) continue;
    Refusal* refusal = stats->add_refused_frames();
    refusal->set_reason(static_cast<Refusal::Reason>(reason));
    refusal->set_count(refused_[reason]);
  }
}

}  // namespace raft_cluster::internal
