// All that a server knows, without threads, clocks or I/O: its links, its
// inbox, its events and its account.
//
// The pump tells it what happens and asks it what to do; so does a simulator.
//
// Thread rule: none of its own; the caller holds one lock over all calls.
#ifndef RAFT_CLUSTER_ENGINE_ENGINE_H_
#define RAFT_CLUSTER_ENGINE_ENGINE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "raft/base/random.h"
#include "raft/cluster/engine/agenda.h"
#include "raft/cluster/engine/delivery.h"
#include "raft/cluster/engine/event_queue.h"
#include "raft/cluster/engine/former_peers.h"
#include "raft/cluster/engine/inbox_queue.h"
#include "raft/cluster/engine/membership.h"
#include "raft/cluster/engine/own_life.h"
#include "raft/cluster/engine/peer_table.h"
#include "raft/cluster/engine/recorder.h"
#include "raft/cluster/engine/room_watch.h"
#include "raft/cluster/engine/strangers.h"
#include "raft/cluster/link/link.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

// By how much each budget is to be larger than the largest envelope.
inline constexpr uint64_t kBudgetAboveEnvelope = uint64_t{64} << 10;

struct EngineOptions {
  LinkOptions link;  // For all links; what is of one peer is filled in.
  std::vector<PeerSpec> peers;
  std::map<Pid, std::vector<std::string>> keys;  // As Membership has them.
  // Of all peers together, to be sent and to be taken; see TotalBudget.
  uint64_t total_budget_bytes = std::numeric_limits<uint64_t>::max();
  std::string url;            // At which this server is found.
  std::string bound_address;  // As Properties has it.
  Life life;
  uint64_t seed = 0;  // Of all chance; not to be told from `life`.
  Micros idle_timeout = kNever;
  bool proven_peers = false;  // The transport proves who speaks.
  bool in_the_clear = false;  // It does not, and strangers may reach it.
  // Microseconds since 1970, for the account. Null: the life's start and the
  // time since, as a simulator wants it.
  uint64_t (*wall_clock)() = nullptr;
};

class Engine {
 public:
  Engine(const EngineOptions& options, Micros now);

  // By whom an envelope is offered: anybody; one who wants it to go to live
  // peers only; one who can wait, and does not run ahead of a live one (see
  // Pace).
  enum class Manner { kAny, kLiveOnly, kPaced };
  // The outbox. OK, or queued for nobody:
  // NOT_FOUND, INVALID_ARGUMENT, FAILED_PRECONDITION: for good.
  // RESOURCE_EXHAUSTED: no room now, or it is to wait; not counted, as it may
  // be tried again. UNAVAILABLE: kLiveOnly, and the peer is not; none is.
  absl::StatusOr<Acceptance> Offer(Pid to, const Outgoing& envelope, Micros now,
                                   Manner manner = Manner::kAny);
  // What Offer() would answer for a msg of this size, as far as it is not OK.
  absl::Status Check(Pid to, size_t msg_bytes, Micros now,
                     Manner manner = Manner::kAny);
  // The same for the case that each link has others that wait and that it can
  // go with: then nothing is due any sooner, whoever saw to those sees to it,
  // and no clock is asked. The number of links; 0: not so, and nothing was
  // done.
  int Join(Pid to, const Outgoing& envelope, Manner manner = Manner::kAny);
  // Counts what the caller gave up to offer.
  void CountRefused(Pid to);
  // The caller was refused for want of room and does not wait for it:
  // Event::ROOM tells when there is some. `to`: as offered.
  void OweRoom(Pid to, size_t msg_bytes);
  // See Outbox::Discard().
  uint64_t Discard(Pid to, Micros now);
  void CloseOutbox();

  // The inbox.
  bool Take(Delivery* received, Micros now);
  // Hands out up to `limit`; returns how many. `sooner`: Deadline() may be.
  size_t TakeUpTo(size_t limit, Pins pins, Micros now,
                  absl::FunctionRef<void(Delivery&& received)> take,
                  bool* sooner);
  bool inbox_empty() const { return inbox_.empty(); }
  bool inbox_open() const { return inbox_state_ == State::kOpen; }
  // Why it is closed; OK if it is not. Nothing comes out of a closed one once
  // it was found empty.
  absl::Status inbox_status() const { return StatusOf(inbox_state_); }

  // What the transport gave. `result` is ParseFrame()'s.
  void OnFrame(const Origin& origin, ParseResult result,
               const ParsedFrame& frame, Micros now);
  void OnReset(Pid peer, bool up, Micros now);
  // The transport cannot reach it, and why; until OnReset() says that it can.
  void OnTrouble(Pid peer, const std::string& why, Micros now);
  void OnTurnedAway(TurnedAway why, Pid peer, const std::string& address,
                    Micros now);

  // The next frame that is due, of any link in turn that is not blocked; then
  // what strangers are told, which is nobody's: a reply.
  struct Due {
    PeerRef ref;
    Pid peer = 0;
    OutgoingFrame out;
  };
  bool NextFrame(Micros now, bool sleeping, Due* due);
  bool HasDueFrame(Micros now, bool sleeping) {
    return agenda_.HasDueFrame(now, sleeping) || strangers_.owes_note() ||
           former_.HasDueFrame(now);
  }
  // The transport takes no frames for this peer, or takes them again.
  void SetBlocked(PeerRef ref, bool blocked);
  // Keeps a frame that the transport did not take. Its peer is blocked until
  // SetBlocked() says otherwise. One of a former peer is dropped.
  void KeepStuck(PeerRef ref, Frame frame);
  // All of them, to be tried again: what then goes is to be unblocked, what
  // does not to be kept again.
  std::vector<StuckFrame> TakeStuck() { return peers_.TakeStuck(); }
  bool has_stuck() const { return peers_.has_stuck(); }
  // Whom to connect to.
  std::vector<PeerSpec> Specs() const { return peers_.Specs(); }
  // The same of this peer, for a connection in place of the one that it has:
  // what is stuck on that is lost. Nothing if there is no such peer.
  absl::optional<PeerSpec> Reconnect(Pid peer);
  // Sees to timers. Appends to `reconnect` those whose connection carries
  // nothing.
  void Tick(Micros now, std::vector<Pid>* reconnect);
  Micros Deadline();
  // See Link.
  void HeldUp(Micros duration, Micros now);

  // Puts another membership in force. The connections of those that were added
  // or moved are the caller's to make.
  MembershipChange Reload(const Membership& wanted, Micros now);
  // Of removed peers, those whose connections are of no more use; and those
  // that are still being told.
  std::vector<Pid> TakeEnded() { return former_.TakeEnded(); }
  std::vector<Pid> LeavingPids() const { return former_.LeavingPids(); }
  // FAILED_PRECONDITION: closed, or superseded.
  absl::Status CheckOpen() const;
  std::vector<Pid> Pids() const;
  // Nobody: there is no such peer. Differs between two peers of one pid.
  PeerRef RefOf(Pid pid);

  // The end: see Link.
  void Leave(Micros now);
  bool Left() const;
  // What did not get an outcome. OK: there was nothing. DEADLINE_EXCEEDED: some
  // was left for a peer that is not gone. UNAVAILABLE: for others only.
  absl::Status Abandon();

  bool has_event() const { return !events_.empty(); }
  bool NextEvent(Event* event) { return events_.Pop(event); }
  // True if there is one, and all envelopes that came before it were taken.
  bool EventIsNext() const {
    return !events_.empty() && inbox_.gone() >= events_.first_after();
  }
  int live_peers() { return agenda_.live(); }
  // STATE_UNSPECIFIED: there is no such peer.
  PeerStats::State StateOf(Pid peer);
  uint64_t max_envelope_bytes() const {
    return options_.link.max_envelope_bytes;
  }
  std::string MissingPeers() const;  // "3, 5": those that are not live.
  size_t peer_count() const { return peers_.size(); }
  // The latest time that it was told.
  Micros now() const { return now_; }
  Stats GetStats(Micros now) const;
  const Recorder& recorder() const { return recorder_; }
  // Grow whenever who was refused may try again or a peer's state changes, and
  // whenever an envelope comes in: what waiting threads look for.
  uint64_t changes() const { return changes_; }
  uint64_t runs() const { return runs_; }

 private:
  void OnEvent(Event event);
  void OnRun(const Peer& peer, ItemRun run);
  // Takes over the events of a link, after a call that may have made some.
  void Report(Link& link);
  void RecordStates(Link& link);

  Link& Touch(Peer& peer) { return agenda_.Touch(peer); }
  Link& TouchAt(uint32_t slot) { return Touch(peers_.at(slot)); }

  // Of the outbox and of the inbox. A closed one is not opened again, but may
  // be closed for a graver reason.
  enum class State {
    kOpen,
    kClosed,      // CloseOutbox(): the outbox.
    kIdle,        // EngineOptions::idle_timeout is over: the inbox.
    kLeft,        // Leave(): both.
    kSuperseded,  // By a newer life: both.
  };
  static absl::Status StatusOf(State state);

  absl::Status CheckSize(size_t msg_bytes, const Link& link) const;
  absl::Status CheckForAll(size_t msg_bytes, Micros now, Manner manner);
  absl::Status CheckLive(Pid to);
  absl::Status TotalIsFull(const Link& link);
  // Tells those who are owed it that there is room.
  void SeeIfRoom();
  bool HasRoomAgain(Pid to, uint64_t cost);
  // Where a broadcast may stand for all its links; null: there is but one.
  SharedItems* SharedByAll() { return peers_.size() > 1 ? &shared_ : nullptr; }
  // `detail`: for people.
  void Refuse(Refusal::Reason reason, const std::string& address,
              const std::string& detail);
  // The same of a frame that is no peer's, whose sender is told.
  void RefuseStranger(Refusal::Reason reason, const Header& header,
                      const Origin& origin);
  void OnNewerSelf(const Life& newer, Micros now);
  // A frame of one that is leaving: true.
  bool OnFrameOfLeaver(const Origin& origin, const ParsedFrame& frame,
                       Micros now);
  // Of the total, half is for what is sent. Of the other half each peer has a
  // share, but room for the largest envelope: what it was granted once is not
  // taken back.
  static uint64_t ShareOf(const EngineOptions& options, size_t peers);
  FormerPeers::Identity IdentityOf(const PeerSpec& peer,
                                   const Membership& membership) const;
  void AddPeer(const PeerSpec& spec, FormerPeers::Identity identity,
               size_t peers, Micros now);
  void RemovePeer(PeerRef ref, Micros now);
  void MovePeer(Peer& peer, const PeerSpec& spec, Micros now);
  // What the figures of the account are to be measured by.
  void FillContext(Micros now, Stats* stats) const;

  EngineOptions options_;
  // Before all that counts in it.
  TotalBudget total_;
  bool total_was_full_ = false;  // And somebody may wait for it.
  SharedItems shared_{&total_};
  RoomWatch room_;
  SplitMix64 random_;
  OwnLife own_;
  PeerTable peers_;
  Agenda agenda_{&peers_};
  FormerPeers former_;
  size_t peers_ever_ = 0;            // How often one was added.
  bool former_had_session_ = false;  // One of them, or of their links.
  Strangers strangers_;
  InboxQueue inbox_;
  State outbox_state_ = State::kOpen;
  State inbox_state_ = State::kOpen;
  bool inbox_over_ = false;  // Closed, and was found empty.
  Micros last_run_;
  bool leaving_ = false;
  Micros now_;  // As the caller last said; when an event happens.

  EventQueue events_;
  Recorder recorder_;
  uint64_t changes_ = 0;
  uint64_t runs_ = 0;
  std::array<uint64_t, Refusal::Reason_ARRAYSIZE> refused_{};
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_ENGINE_H_
