// Who the two ends of a link are: which life speaks, to which it speaks, what
// each says of itself, and the frames that make a session of it.
//
//   Handshake handshake(options, me, now);
//   switch (handshake.Judge(frame.header)) {
//     case Handshake::Verdict::kNewLife:
//       handshake.Establish(header);
//       ...
//
// It judges, and remembers; its owner acts. docs/protocol.md, "What is judged
// in which order", has the order.
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_LINK_HANDSHAKE_H_
#define RAFT_CLUSTER_LINK_HANDSHAKE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/types/optional.h"
#include "raft/base/clock.h"
#include "raft/base/random.h"
#include "raft/cluster/link/link_options.h"
#include "raft/cluster/link/outgoing_frame.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"
#include "raft/proto/wire/frame.pb.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

// What a server says of itself.
wire::Hello HelloOf(const LinkOptions& options);

class Handshake {
 public:
  // What a frame is, by its lives and its hello alone; checksum, form, cluster
  // and pids were judged before. The first that is true of it.
  enum class Verdict {
    kNote,          // The other end refuses us, and says why.
    kOtherAddress,  // Of a stranger: its hello has another url than the peer.
    kUnknownLife,   // Without a hello, of a life whose hello is not known here.
    kOtherVersion,  // No version in common. All but the hello may mean
                    // something else to us.
    kFutureLife,    // It names a life more than a day ahead of our clock.
    kNewerSelf,     // It proves that our pid has a newer life, its dst.
    kYetToCome,     // It names a link of this life that there was not so far.
    kStale,         // Of a life older than one that a session was held with.
    kMalformed,     // A hello that nobody says.
    kOtherLife,     // A HELLO, or for a former life of ours.
    kNewLife,       // For this life, of a newer one: makes a session.
    kKnownLife,     // Between the lives of the session, or to have been so.
  };

  // `options` outlives this.
  Handshake(const LinkOptions& options, const Life& me, Micros now);

  // What a former link left: a life that is older than `newest` is stale, and
  // `former` is said in every hello.
  void Remember(const Life& newest, absl::optional<wire::Former> former) {
    newest_ = newest;
    former_ = std::move(former);
  }
  const absl::optional<wire::Former>& former() const { return former_; }
  // We are another link, to a peer that nothing is known of.
  void StartAgain(const Life& me, Micros now);

  Verdict Judge(const Header& header, Micros now) const;

  // ---- What follows from it -------------------------------------------------

  // kNote: remembers it as the reason why there is no session. True: it is one,
  // and it was not known.
  bool TakeNote(const wire::Hello& hello);
  // What the peer said is a reason why there is no session, in these words.
  void KeepReason(std::string words) { note_ = std::move(words); }
  // Tells the sender why it is refused, by the way its frame came: at most once
  // a second.
  void SendNote(Refusal::Reason reason, const Origin& origin, Micros now);
  // kUnknownLife: asks who it is. Nothing else may follow from what nobody can
  // have sent but one who kept silent about himself.
  void AskLife(const Origin& origin, Micros now);
  // kOtherAddress, kOtherVersion, kFutureLife: what is wrong, for people.
  std::string Explain(Verdict verdict, const Header& header, Micros now) const;
  // kOtherVersion: the peer is refused until a hello is accepted.
  void Refuse(const wire::Hello& hello);
  // kOtherLife and after: the hello is believed, unless the same life has said
  // a later one. True: the peer's configuration differs from ours, which was
  // not known.
  bool Accept(const Life& src, const wire::Hello& hello);
  // kNewLife: from now on its src is the peer. Returns the former one.
  Life Establish(const Header& header);
  // A frame of the session shows that the peer is well.
  void ClearRefusal() {
    refused_why_.clear();
    note_.clear();
  }
  // kStale: tells it which life is the newer one. It may be paused for long and
  // have woken up; told so, it stops. The url of the peer leads to the newer
  // life, so the answer goes the way by which the frame came.
  void AnswerStale(const Origin& origin, Micros now);
  // kOtherLife: the sender learns which life this is. `alone`: there is no
  // session yet, so that the peer owes us an answer, too.
  void AnswerLife(const Life& src, bool alone, Micros now);

  // ---- Frames ---------------------------------------------------------------

  bool owes_answer() const { return owes_reply() || answer_due_; }
  // One that goes back the way a frame came; NextAnswer() gives it first.
  bool owes_reply() const { return reply_ != Reply::kNone; }
  // The answer that is due. REQUIRES: owes_answer().
  void NextAnswer(uint64_t last_stamp, OutgoingFrame* out);
  // When a hello is due, as long as there is no session: soon after the
  // connection was made, then from 50 ms to 1 s apart, a quarter of it left to
  // chance, so that servers that start together do not stay together.
  Micros hello_at() const { return hello_at_; }
  void NextHello(Micros now, OutgoingFrame* out);
  void HelloAgain(Micros now);  // From the start.

  // What stands in all frames to this life.
  Header HeaderTo(const Life& dst) const;
  wire::Hello MakeHello() const;

  // ---- What is known --------------------------------------------------------

  const Life& me() const { return me_; }
  // The newest that a session was held with; none at first.
  const Life& peer() const { return peer_; }
  // The same, of former links, too.
  const Life& newest() const { return peer_ ? peer_ : newest_; }
  // What the peer said of itself.
  const wire::Hello& peer_hello() const { return peer_hello_; }
  // The size of the fragments into which this end cuts large envelopes for it,
  // and into which it does.
  uint64_t fragment_bytes() const;
  uint64_t peer_fragment_bytes() const;
  // The longest that this end says nothing: its own heartbeat, or a tenth of
  // the peer's failure timeout if that is less (but not below 5 ms), so that
  // neither calls the other silent for want of something to say.
  Micros heartbeat() const { return heartbeat_; }
  bool refused() const { return !refused_why_.empty(); }
  const std::string& refused_why() const { return refused_why_; }
  // What the last note said, or what else is in the way, while the peer is not
  // heard; empty: nothing that is known.
  const std::string& note() const { return note_; }
  // Since when there are frames of a peer that does not answer ours; kNever:
  // there are none.
  Micros stranger_since() const { return stranger_since_; }
  void ForgetStranger() { stranger_since_ = kNever; }
  void HeldUp(Micros duration, Micros now);
  // We are another life. REQUIRES: no session was ever held.
  void Rebirth(const Life& me, Micros now);

 private:
  uint64_t WallClock(Micros now) const;
  // What both ends have agreed on; 0: nothing.
  uint64_t large_fragment_bytes() const;

  const LinkOptions& options_;
  SplitMix64 random_;
  Life me_;
  Life peer_;
  Life newest_;  // Of former links; matters until there is a session.
  absl::optional<wire::Former> former_;
  wire::Hello peer_hello_;
  std::string refused_why_;
  Micros stranger_since_ = kNever;

  std::string note_;

  bool answer_due_ = false;
  Life answer_to_;
  // What goes back the way a frame came.
  enum class Reply { kNone, kStale, kHello, kNote };
  Reply reply_ = Reply::kNone;
  Refusal::Reason reply_reason_ = Refusal::REASON_UNSPECIFIED;
  Origin reply_origin_;
  // Not before, however many frames ask for it.
  Micros next_answer_ = 0;
  Micros next_question_ = 0;
  Micros next_stale_ = 0;
  Micros next_note_ = 0;
  Micros hello_at_;
  Micros hello_interval_;
  Micros heartbeat_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_HANDSHAKE_H_
