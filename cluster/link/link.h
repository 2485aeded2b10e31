// One side of the protocol between two servers: a state machine without I/O.
//
//   Link link(options, me, now);
//   link.OnReset(/*up=*/true, now);              // What happened,
//   link.Accept(envelope, now);
//   FrameEffects effects = link.OnFrame(parsed, origin, now);
//   while (link.NextFrame(now, sleeping, &out)) ...   // and what to do.
//
// It is told what happened (a frame arrived, the connection came up, the
// application accepted or took an envelope, time went by) and asked what to do
// (frames to send, the time of the next timer). What a frame brought is
// returned by OnFrame(); events of other calls wait for TakeEvents(). It has no
// thread, clock or socket of its own, so the same object runs in a server and
// in a simulator.
//
// Its parts: the Handshake (who speaks), the SendStream over the SendQueue
// (what is on its way), the ReceiveWindow (what came, and what may come),
// Liveness (who hears whom), the Path (what was measured) and the Account (what
// is counted). A Link is the order in which they are asked. docs/protocol.md
// has the protocol; the table of states and events there is this code.
//
// Thread rule: none of its own; the caller holds one lock over all calls.
// Errors: nothing that a peer says makes a call fail; what is wrong is counted
// and reported.
#ifndef RAFT_CLUSTER_LINK_LINK_H_
#define RAFT_CLUSTER_LINK_LINK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "raft/base/clock.h"
#include "raft/cluster/link/account.h"
#include "raft/cluster/link/delay_histogram.h"
#include "raft/cluster/link/handshake.h"
#include "raft/cluster/link/link_memory.h"
#include "raft/cluster/link/link_options.h"
#include "raft/cluster/link/liveness.h"
#include "raft/cluster/link/outgoing_frame.h"
#include "raft/cluster/link/pace.h"
#include "raft/cluster/link/path.h"
#include "raft/cluster/link/receive_window.h"
#include "raft/cluster/link/send_queue.h"
#include "raft/cluster/link/send_stream.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

// What a frame brought and changed.
struct FrameEffects {
  // It proves that our own pid has a newer life, ParsedFrame::header.dst.
  // Nothing else was done with it.
  bool newer_self = false;
  bool freed = false;  // Less is queued than before.
  // In this order: events that happened before the envelopes came, envelopes of
  // the life peer_life() for the inbox, events after them.
  std::vector<Event> events_before;
  std::vector<ItemRun> runs;
  std::vector<Event> events_after;
};

class Link {
 public:
  // NONE: no session. HALF: held here, the peer is not known to hold it. OPEN:
  // held by both. CLOSED: the peer has left. FENCED: a newer life of this
  // server has taken over.
  enum class Phase { kNone, kHalf, kOpen, kClosed, kFenced };

  // `memory`: of the last link to this pid, if there was one.
  Link(const LinkOptions& options, const Life& me, Micros now,
       const LinkMemory& memory = {});

  ~Link();

  // Its parts refer to one another.
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // ---- The outbox and the inbox ---------------------------------------------

  // The caller has checked HasRoom() and MaxEnvelope() for all peers of a
  // broadcast before it accepts for any.
  bool HasRoom(uint64_t cost) const {
    return queue_.empty() || (HasRoomHere(cost) && HasRoomInAll(cost));
  }
  // By the budget of this link alone. False: that is what is full, and not the
  // total of the server.
  bool HasRoomHere(uint64_t cost) const {
    return queue_.held_cost() + cost <= options_.link_budget_bytes;
  }
  // The smaller of our own and the peer's; our own while it is not heard.
  uint64_t MaxEnvelope() const;
  // `shared`, if it goes to several peers: where it may stand for all of them.
  void Accept(const Outgoing& envelope, Micros now,
              SharedItems* shared = nullptr);
  // Others wait, and it can go in one frame with the last of them: then nothing
  // is due any sooner, and it needs no time of its own.
  bool CanJoin(const Outgoing& envelope,
               const SharedItems* shared = nullptr) const;
  void Join(const Outgoing& envelope, SharedItems* shared = nullptr);
  // The peer is live, and has so much to take already that a sender which can
  // wait is to wait.
  bool Holds(uint64_t cost) {
    return pace_.Holds(queue_.held_cost(), cost) && live();
  }
  // It was asked for room and had none, or its sender is to wait.
  void NoteFull(Micros now) {
    session_.sending.NoteFull(now);
    refused_ = true;
  }
  // After it was freed of something: those who were refused, or are to wait,
  // may try again.
  bool EndsWait();
  void CountSkipped(const Outgoing& envelope) { account_.Skipped(envelope); }
  void CountRefused() { account_.Refused(); }
  // Voids what was accepted and has not begun to go in this session; how many
  // envelopes.
  uint64_t Discard(Micros now);
  // Something of the inbox was taken. False: no frame is due any sooner.
  bool Take(const Taken& taken, Micros now);

  // ---- What happens ---------------------------------------------------------

  // A frame of this peer's pid, for our pid and cluster.
  FrameEffects OnFrame(const ParsedFrame& frame, const Origin& origin,
                       Micros now);
  // The connection to the peer was made (`up`) or lost.
  void OnReset(bool up, Micros now);
  // The peer cannot be reached, and why; until the connection is made.
  void OnTrouble(const std::string& why);
  // `detail`: for people.
  void CountRefusal(Refusal::Reason reason, const std::string& address,
                    const std::string& detail = "") {
    account_.FrameRefused(reason, address, detail);
  }
  // This server itself did not run for `duration`: what was not heard meanwhile
  // is nobody's fault.
  void HeldUp(Micros duration, Micros now);
  // Events of all calls but OnFrame() since the last time.
  bool has_events() const { return account_.has_events(); }
  std::vector<Event> TakeEvents() { return account_.TakeEvents(); }
  // Changes of the peer's state, for the flight recorder.
  bool has_states() const { return account_.has_states(); }
  std::vector<RecordedState> TakeStates() { return account_.TakeStates(); }

  // ---- The configuration changes (docs/membership.md) -----------------------

  // The server has another configuration, with this digest: the peer is told.
  void Reload(uint64_t reload, uint64_t config_digest);
  // The peer is not in it any more. Voids what is queued, and returns how much
  // it was. What the inbox has of the peer is the caller's to drop: none of it
  // is taken any more. From then on there is but the leave to be said: of all
  // calls those of frames, connections and this section are left.
  SendQueue::Count Remove();
  // After Remove(): there is somebody who is to hear of it, and has not.
  bool leave_is_owed() const { return session() && !leave_heard_; }
  // The connection by which it could be said is there.
  bool leave_may_go() const { return path_.up(); }
  // For the next link to the same pid. `same_peer`: to the same url, or, where
  // there are keys, to the owner of one of the same keys.
  LinkMemory Memory(bool same_peer) const;
  // The peer is at another url. Where keys prove who it is, that is all.
  void Move(const std::string& url);
  // Otherwise it is a stranger, to whom this is a new link, `me`: what was
  // bound to the one before is sent again or voided, as the options say, and
  // reported. Of what the inbox had of that one the caller has `dropped` so
  // many.
  void MoveToStranger(const std::string& url, const Life& me, uint64_t dropped,
                      Micros now);

  // ---- What is due ----------------------------------------------------------

  // The next frame that is due, if there is one. `sleeping`: nothing more will
  // happen for a while, so what is owed goes out now.
  bool NextFrame(Micros now, bool sleeping, OutgoingFrame* out);
  // When NextFrame() has something to do, if nothing else happens. `sleeping`
  // is left out of account: then there is something as soon as news is owed.
  Micros FrameDeadline() const;
  // The next frame is one that goes back the way another came.
  bool owes_reply() const {
    return phase_ != Phase::kFenced && handshake_.owes_reply();
  }
  bool owes_news() const { return session() && window_.news_since() != kNever; }
  // Sees to the timers that are not frames. True: the connection carries
  // nothing, and is to be made anew.
  bool Tick(Micros now);
  // When Tick() has something to do, if nothing else happens.
  Micros TickDeadline() const;

  // ---- The end --------------------------------------------------------------

  // From now on nothing is delivered or accepted; every frame says `leave`.
  void Leave(Micros now);
  // Everything accepted has an outcome, and the peer knows that we leave; or
  // the peer is gone.
  bool Left() const;
  // It has left, is refused, or was not heard for the failure timeout: since we
  // began, if it never was. (While we do not leave, nobody asks that of a peer
  // without a session.)
  bool gone() const;
  void Abandon();  // What has no outcome yet.
  void Fence();
  // We are another life. REQUIRES: no session was ever held.
  void Rebirth(const Life& me, Micros now) { handshake_.Rebirth(me, now); }

  // ---- What is known --------------------------------------------------------

  Pid pid() const { return options_.peer; }
  Phase phase() const { return phase_; }
  bool live() const {
    return phase_ == Phase::kOpen && !session_.liveness.silent() &&
           !handshake_.refused();
  }
  bool held_session() const { return static_cast<bool>(handshake_.peer()); }
  const Life& me() const { return handshake_.me(); }
  // The newest that a session was held with.
  const Life& peer_life() const { return handshake_.peer(); }
  uint64_t held_bytes() const { return queue_.held_cost(); }
  uint64_t unsettled() const { return queue_.unsettled(); }
  // Of the pid, over all its links.
  uint64_t accepted() const { return account_.accepted(); }
  uint64_t received() const { return account_.received(); }
  PeerStats::State state() const;
  std::string Reason() const;  // Of the state, for people.
  void FillStats(Micros now, PeerStats* stats) const;

 private:
  // What lives and dies with one session. A new session replaces it whole, so
  // that nothing of a former one can outlive it. Before the first session it
  // stands for one that never began.
  struct Session {
    Session(SendQueue* queue, Micros now)
        : sending(queue, now), liveness(now) {}

    SendStream sending;
    Liveness liveness;
    // It knows our hello; and of one that is said again, in which frame it
    // was for the first time.
    bool peer_has_hello = false;
    bool hello_again = false;
    uint64_t hello_stamp = 0;
    uint64_t leave_stamp = 0;  // Of the first frame that said `leave`.
  };

  // Between two frames that say that this server leaves.
  static constexpr Micros kLeaveInterval = 10000;

  bool session() const {
    return phase_ == Phase::kHalf || phase_ == Phase::kOpen ||
           phase_ == Phase::kClosed;
  }
  bool may_send_items() const {
    return phase_ == Phase::kHalf || phase_ == Phase::kOpen;
  }

  // Nobody was met yet who would take what is queued.
  bool waits_to_leave() const {
    return leaving_ && phase_ == Phase::kNone && !queue_.empty();
  }

  // The total of the server.
  bool HasRoomInAll(uint64_t cost) const;
  void CountInbox();

  // Frames that arrive.
  void Act(Handshake::Verdict verdict, const ParsedFrame& frame,
           const Origin& origin, Micros now, FrameEffects* effects);
  void Establish(const Header& header, Micros now);
  void OnRestart(const Life& former);
  void OnSessionFrame(const ParsedFrame& frame, const Origin& origin,
                      Micros now, FrameEffects* effects);
  void OnAcknowledged(const Header& header, Micros now);
  void OnItems(const ParsedFrame& frame, const Origin& origin, Micros now,
               FrameEffects* effects);
  void OnPeerLeaves(Micros now);
  // The new life of the peer is but another link of the old one, and says how
  // that ended: then all is as if the peer's leave had been heard.
  void HearFormer(const Header& header, Micros now);
  FrameEffects OnFrameWhenRemoved(const ParsedFrame& frame,
                                  const Origin& origin, Micros now);
  Micros LeaveDeadline() const;
  absl::optional<wire::Former> Former() const;
  void Void(const SendQueue::Count& count, absl::string_view why);
  void OnNote(const wire::Hello& hello);
  // Counts it with its reason, and tells the sender.
  void RefuseAloud(Refusal::Reason reason, Handshake::Verdict verdict,
                   const Header& header, const Origin& origin, Micros now);
  void Unreachable(const std::string& why);
  // Something was accepted before the peer was met, or while it was not heard
  // and its next life might have allowed more, that is too large for this one.
  bool has_too_large() const;
  void VoidTooLarge();

  // Frames to send.
  Micros DataDeadline() const;
  Micros StateDeadline() const;
  Micros ProbeInterval() const;
  Header StateHeader(Micros now);
  void LostFrame(Micros now, OutgoingFrame* out);
  bool DataFrame(Micros now, OutgoingFrame* out);
  void StateFrame(Micros now, OutgoingFrame* out);

  Micros DeafSince() const;
  void SeeIfSilent(Micros now);
  void ReportState();
  void NoteState(Micros now);

  LinkOptions options_;
  Phase phase_ = Phase::kNone;
  bool leaving_ = false;
  bool removed_ = false;
  bool leave_heard_ = false;  // By the peer, once it is removed.
  Handshake handshake_;
  SendQueue queue_;
  ReceiveWindow window_;
  Path path_;
  Pace pace_;
  bool refused_ = false;  // Since EndsWait().
  Session session_;
  Account account_;
  std::string trouble_;  // While it cannot be reached.
  PeerStats::State reported_ = PeerStats::CONNECTING;
  // The state when somebody last looked, and since when it has been so.
  PeerStats::State noted_ = PeerStats::CONNECTING;
  Micros noted_since_;
  DelayWatch delays_;
  uint64_t counted_inbox_ = 0;  // As the total has it.

  // A state frame is owed at once, whichever the session: because the peer
  // asks or needs to know, and because we have to know.
  bool answer_now_ = false;
  bool ask_now_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_LINK_H_
