// One side of the protocol between two servers: a state machine without I/O.
//
// It is told what happened (a frame arrived, the connection came up, the
// application accepted or took an envelope, time went by) and asked what to do
// (frames to send, the time of the next timer). Envelopes that are ready and
// events go to its LinkSink. It has no thread, clock, socket or randomness of
// its own, so the same object runs in a server and in a simulator.
//
// docs/protocol.md has the protocol; the table of states and events there is
// this code.
//
// Thread rule: none of its own; the caller holds one lock over all calls.
// Errors: nothing that a peer says makes a call fail; what is wrong is counted
// and reported.
#ifndef RAFT_CLUSTER_LINK_LINK_H_
#define RAFT_CLUSTER_LINK_LINK_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "raft/base/clock.h"
#include "raft/cluster/link/receive_window.h"
#include "raft/cluster/link/send_queue.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

struct LinkOptions {
  uint64_t cluster = 0;  // The hash of its name.
  uint64_t config_digest = 0;
  Pid self = 0;
  Pid peer = 0;
  std::string peer_url;
  uint64_t link_budget_bytes = 0;   // For what waits to be taken by the peer.
  uint64_t inbox_budget_bytes = 0;  // For what waits to be taken here.
  uint64_t max_envelope_bytes = 0;
  Micros failure_timeout = 2000000;
  Micros heartbeat = 200000;
  bool void_on_restart = false;
  bool fifo = true;  // Of the transport.
};

class LinkSink {
 public:
  virtual ~LinkSink() = default;
  virtual void OnRun(Pid peer, const Life& life, ItemRun run) = 0;
  virtual void OnEvent(Event event) = 0;
  virtual uint64_t Random() = 0;
};

// What a frame changed beyond the runs and events that the sink was given.
struct FrameEffects {
  // It proves that our own pid has a newer life, ParsedFrame::header.dst.
  // Nothing else was done with it.
  bool newer_self = false;
  bool freed = false;      // There is more room for what is accepted.
  bool delivered = false;  // The sink was given at least one run.
};

// A frame to send: to the peer, or back to where another came from. Encoding
// it is the costly part, and needs no lock.
struct OutgoingFrame {
  Header header;
  std::string prefix;
  Bytes body;
  bool reply = false;
  Origin origin;

  Frame Encode() const { return EncodeFrame(header, prefix, body); }
};

class Link {
 public:
  // NONE: no session. HALF: held here, the peer is not known to hold it. OPEN:
  // held by both. CLOSED: the peer has left. FENCED: a newer life of this
  // server has taken over.
  enum class Phase { kNone, kHalf, kOpen, kClosed, kFenced };

  Link(const LinkOptions& options, const Life& me, LinkSink* sink, Micros now);

  // The outbox. The caller has checked HasRoom() and MaxEnvelope() for all
  // peers of a broadcast before it accepts for any.
  bool HasRoom(uint64_t cost) const {
    return queue_.empty() ||
           queue_.held_cost() + cost <= options_.link_budget_bytes;
  }
  uint64_t MaxEnvelope() const;  // The smaller of the own and the peer's.
  void Accept(const Outgoing& envelope, Micros now);
  // Others wait, and it can go in one frame with the last of them: then nothing
  // is due any sooner, and it needs no time of its own.
  bool CanJoin(const Outgoing& envelope) const;
  void Join(const Outgoing& envelope);
  // It was asked for room and had none.
  void NoteFull(Micros now);
  void CountSkipped(const Outgoing& envelope);
  void CountRefused();

  // Something of the inbox was taken. False: no frame is due any sooner.
  bool Take(const Taken& taken, Micros now);

  // A frame of this peer's pid, for our pid and cluster.
  FrameEffects OnFrame(const ParsedFrame& frame, const Origin& origin,
                       Micros now);
  // The connection to the peer was made (`up`) or lost.
  void OnReset(bool up, Micros now);
  // The peer cannot be reached, and why; until the connection is made.
  void OnTrouble(const std::string& why);
  void CountRefusal(Refusal::Reason reason, const std::string& address);

  // The next frame that is due, if there is one. `sleeping`: nothing more will
  // happen for a while, so what is owed goes out now.
  bool NextFrame(Micros now, bool sleeping, OutgoingFrame* out);
  // When NextFrame() has something to do, if nothing else happens. `sleeping`
  // is left out of account: then there is something as soon as news is owed.
  Micros FrameDeadline() const;
  bool owes_news() const { return session() && news_since_ != kNever; }
  // Sees to the timers that are not frames. True: the connection carries
  // nothing, and is to be made anew.
  bool Tick(Micros now);
  // When Tick() has something to do, if nothing else happens.
  Micros TickDeadline() const;
  // This server itself did not run for so long: nobody is to blame for what was
  // not heard meanwhile.
  void HeldUp(Micros duration, Micros now);

  // From now on nothing is delivered or accepted; every frame says `leave`.
  void Leave();
  // Everything accepted has an outcome, and the peer knows that we leave.
  bool Left() const;
  void Abandon();  // What has no outcome yet.
  void Fence();
  // We are another life. REQUIRES: no session was ever held.
  void Rebirth(const Life& me, Micros now);

  Pid pid() const { return options_.peer; }
  Phase phase() const { return phase_; }
  bool live() const;
  bool held_session() const { return static_cast<bool>(peer_); }
  uint64_t held_bytes() const { return queue_.held_cost(); }
  uint64_t unsettled() const { return queue_.unsettled(); }
  PeerStats::State state() const;
  void FillStats(Micros now, PeerStats* stats) const;

 private:
  // A frame of items that is not known to have arrived.
  struct InFlight {
    uint64_t first = 0;
    uint64_t last = 0;
    uint64_t stamp = 0;
    uint64_t connection = 0;
    bool lost = false;  // Proven; to be sent again.
    std::string prefix;
    Bytes body;
  };

  // What lives and dies with one session. A new session replaces it whole, so
  // that nothing of a former one can outlive it. Before the first session it
  // stands for one that never began.
  struct Session {
    // How long no echo of ours may come back before the connection is held for
    // a black hole; at first, and doubled each time.
    static constexpr Micros kBlackHoleBound = 1500000;

    // Sending. An item's number in the session is its number in the queue less
    // `base`.
    uint64_t base = 0;
    uint64_t peer_received = 0;
    uint64_t peer_credit = 0;
    uint64_t cut_position = 0;  // The cost of all items cut.
    std::deque<InFlight> in_flight;
    size_t lost = 0;                // Of those in flight.
    Micros open_since = kNever;     // When the oldest uncut item came.
    bool starved = false;           // Credit is short of the next item.
    Micros starved_since = kNever;  // Since when credit has been the limit.
    Micros full_since = kNever;     // Since when our own budget has been.
    int probes = 0;                 // In a row, without progress.

    // Receiving.
    uint64_t granted = 0;         // As last said to the peer.
    uint64_t echo = 0;            // The peer's highest stamp.
    bool peer_has_hello = false;  // It knows ours.

    // Liveness.
    Micros last_heard = 0;
    uint64_t echoed = 0;  // Our highest stamp that came back.
    uint64_t ask_stamp = 0;
    uint64_t leave_stamp = 0;  // Of the first frame that said `leave`.
    Micros unechoed_since = kNever;
    // In NONE: since when there are frames of a peer that does not answer ours.
    Micros stranger_since = kNever;
    Micros black_hole_bound = kBlackHoleBound;
    bool silent = false;
    bool slow = false;
  };

  bool session() const {
    return phase_ == Phase::kHalf || phase_ == Phase::kOpen ||
           phase_ == Phase::kClosed;
  }
  bool may_send_items() const {
    return phase_ == Phase::kHalf || phase_ == Phase::kOpen;
  }

  // Frames that arrive (link.cc).
  void Judge(const ParsedFrame& frame, const Origin& origin, Micros now,
             FrameEffects* effects);
  void OnOtherVersion(const wire::Hello& hello, const Origin& origin);
  bool AcceptHello(const wire::Hello& hello, const Origin& origin);
  void Establish(const Header& header, Micros now);
  void OnStaleLife(const Origin& origin, Micros now);
  void OnOtherLife(const Header& header, Micros now);
  void OnSessionFrame(const ParsedFrame& frame, const Origin& origin,
                      Micros now, FrameEffects* effects);
  void OnAcknowledged(const Header& header, Micros now);
  void OnEcho(uint64_t echo, Micros now);
  void FindLosses(const Header& header);
  void OnItems(const ParsedFrame& frame, const Origin& origin, Micros now,
               FrameEffects* effects);
  void OnPeerLeaves(Micros now);
  void StartSession(Micros now);
  Micros Slack(const InFlight& frame) const;
  Micros SlowSince() const;
  Micros DeafSince() const;
  Event MakeEvent(Event::Kind kind) const;
  void ReportState();
  std::string Reason() const;

  // Frames to send (link_send.cc).
  Micros DataDeadline() const;
  Micros StateDeadline() const;
  void CountAccepted(const Outgoing& envelope);
  bool OwesGrant() const {
    return window_.grant() - session_.granted >=
           options_.inbox_budget_bytes / 4;
  }
  Micros ProbeInterval() const;
  Header MakeHeader(const Life& dst) const;
  Header StateHeader(Micros now);
  wire::Hello MakeHello() const;
  void HelloFrame(Micros now, OutgoingFrame* out);
  void AnswerFrame(Micros now, OutgoingFrame* out);
  void StaleFrame(OutgoingFrame* out);
  void LostFrame(Micros now, OutgoingFrame* out);
  bool DataFrame(Micros now, OutgoingFrame* out);
  void StateFrame(Micros now, OutgoingFrame* out);
  uint64_t Stamp(Micros now);

  const LinkOptions options_;
  LinkSink* const sink_;
  Life me_;
  Life peer_;  // The newest that a session was held with; none at first.
  Phase phase_ = Phase::kNone;
  bool leaving_ = false;
  std::string refused_why_;  // While the peer is refused.
  std::string trouble_;      // While it cannot be reached.

  wire::Hello peer_hello_;  // What the peer said of itself.
  SendQueue queue_;
  ReceiveWindow window_;
  Session session_;
  uint64_t largest_ = 0;  // Msg in the queue, or that has left it.

  // What is owed, whichever the session.
  bool answer_now_ = false;
  bool ask_now_ = false;
  Micros news_since_ = kNever;  // Of received() or taken(), not said yet.

  // Handshake.
  bool answer_due_ = false;
  Life answer_to_;
  bool reply_due_ = false;
  Origin reply_to_;
  Micros next_answer_ = 0;  // Not before.
  Micros hello_at_;
  Micros hello_interval_;

  // Time, and the connection.
  uint64_t last_stamp_ = 0;
  Micros last_sent_;
  Micros round_trip_ = 0;
  uint64_t connection_ = 0;
  uint64_t connections_made_ = 0;

  PeerStats::State reported_ = PeerStats::CONNECTING;
  Ledger ledger_;
  uint64_t received_ = 0;
  uint64_t received_taken_ = 0;
  uint64_t resent_ = 0;
  std::array<uint64_t, Refusal::Reason_ARRAYSIZE> refused_{};
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_LINK_H_
