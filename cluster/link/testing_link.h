// A link under test, and two of them with a wire between that does as told.
//
//   Pair pair;
//   pair.a.Send(/*id=*/1, "hello");
//   pair.Pass(1000);                      // Microseconds of the pair's clock.
//   EXPECT_EQ(pair.b.inbox.front().msg, "hello");
//
// or one alone, whose peer the test plays:
//
//   Side me;
//   me.Hear(me.FromPeer(), Items({"hello"}));
//   EXPECT_EQ(me.SayOne().received(), 1u);
//
// Thread rule: one thread.
#ifndef RAFT_CLUSTER_LINK_TESTING_LINK_H_
#define RAFT_CLUSTER_LINK_TESTING_LINK_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "raft/cluster/link/link.h"
#include "raft/proto/wire/frame.pb.h"

namespace raft_cluster::internal {

inline constexpr Micros kMilli = 1000;
inline constexpr Micros kSecond = 1000000;

inline Life LifeOf(const Incarnation& life) {
  return Life{life.start_us(), life.random(), life.epoch()};
}

// The bytes of consecutive items, ids from 1.
std::string Items(const std::vector<std::string>& msgs);

// One link with all that belongs to it.
class Side {
 public:
  struct Envelope {
    uint64_t id = 0;
    bool broadcast = false;
    std::string msg;
    Life life;
    uint64_t session = 0, items = 0, cost = 0;
  };

  static LinkOptions DefaultOptions(Pid self = 1, Pid peer = 2);
  explicit Side(const LinkOptions& options = DefaultOptions(),
                Life life = {100, 1}, Micros now = kSecond);

  // As an engine offers: false, if there is no room.
  bool Send(uint64_t id, const std::string& msg);
  // The application takes the oldest; all of them.
  void Take();
  void TakeAll();

  // What the link has to say now; `sleeping` as in Link::NextFrame.
  std::vector<OutgoingFrame> SayFrames(bool sleeping = true);
  // The same, as the generated parser reads it.
  std::vector<wire::Frame> Say(bool sleeping = true);
  // REQUIRES that it is one frame.
  wire::Frame SayOne(bool sleeping = true);
  bool Quiet(bool sleeping = true) { return SayFrames(sleeping).empty(); }
  // When the link wants to be called again.
  Micros Deadline() const {
    return std::min(link.FrameDeadline(), link.TickDeadline());
  }
  // Time goes by, and the link is told; true: it wants a new connection.
  bool Pass(Micros duration);

  // A frame of the peer arrives; returns whether it proves a newer
  // life of ours.
  bool Hear(const Header& header, const std::string& items = "");
  bool HearFrame(const Frame& frame);
  bool HearParsed(const ParsedFrame& parsed);
  // Headers that the peer might send: its HELLO, its answer to ours, and a
  // frame of the session between its life `peer_life` and ours. Stamps rise.
  Header Hello() const;
  Header Answer() const;
  Header FromPeer();
  // The peer holds the session too, and has granted this much; nothing is left
  // to say. Returns the last frame of ours.
  wire::Frame Open(uint64_t credit = uint64_t{1} << 30);

  std::vector<Event> TakeEvents();
  // The only event of this kind since TakeEvents(); fails if there is none.
  Event OnlyEvent(Event::Kind kind) const;
  int CountEvents(Event::Kind kind) const;
  PeerStats Stats() const;
  uint64_t Refused(Refusal::Reason reason) const;
  // Invariant S8.
  void ExpectBalance() const;

  // What the link did meanwhile is put into the lists below. All calls of a
  // Side do so themselves.
  void Collect() { Append(link.TakeEvents()); }

  const LinkOptions options;
  Life life;
  Life peer_life{200, 2};
  Micros now;
  FrameEffects effects;  // Of the last frame that was heard.
  uint64_t peer_stamp = 0;
  uint64_t echo = 0;  // The highest stamp of ours that was said.
  Origin origin{0, 0, "origin"};
  Link link;
  std::deque<Envelope> inbox;
  std::vector<Envelope> delivered;  // Ever.
  std::vector<Event> events;

 private:
  void Append(const std::vector<Event>& more);
  void Deliver(const ItemRun& run);
};

// Two sides and a wire, which takes `latency` and loses what `lose` says.
class Pair {
 public:
  explicit Pair(const LinkOptions& a_options = Side::DefaultOptions(1, 2),
                const LinkOptions& b_options = Side::DefaultOptions(2, 1));

  // All that happens in this time, timers included, in its order. Fails if a
  // side is busy without getting anywhere.
  void Pass(Micros duration);
  // Both connections come up, and both hold the session.
  void Open();
  // A new life of b takes over from the old one, which is never heard again.
  void RestartB(Life life);
  void RestartB(Life life, const LinkOptions& options);

  Micros now = kSecond;
  Micros latency = 100;
  bool reads_at_once = true;  // Applications take what comes.
  // From which side (true: a); returns whether the frame is lost.
  std::function<bool(bool from_a, const wire::Frame& frame)> lose;
  Side a;
  std::unique_ptr<Side> b_owner;
  Side& b() { return *b_owner; }
  // How frames become bytes, if not as OutgoingFrame has it.
  std::function<Frame(bool from_a, const OutgoingFrame& frame)> encode;
  uint64_t frames = 0;  // That were said, ever.
  uint64_t data_frames = 0;

 private:
  void Speak(Side* side);

  const LinkOptions b_options_;
  struct Travelling {
    bool from_a;
    Frame frame;
  };
  std::multimap<Micros, Travelling> wire_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_TESTING_LINK_H_
