// What comes from one peer: put in order, freed of repeats, made whole where it
// came in fragments, and never more than was granted.
//
// Positions are absolute within a session: items are numbered from 1, and the
// grant is a position in bytes of cost. What a former session left in the inbox
// narrows the window until it is taken.
//
// It also keeps what the peer was told of that, and since when there is more to
// tell.
//
// Thread rule: none of its own; the runs may live on in other threads.
#ifndef RAFT_CLUSTER_LINK_RECEIVE_WINDOW_H_
#define RAFT_CLUSTER_LINK_RECEIVE_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "raft/base/clock.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/wire.h"
#include "raft/transport/frame.h"

namespace raft_cluster::internal {

// Whole envelopes of one session, one after the other, ready for the inbox.
struct ItemRun {
  uint64_t session = 0;  // Which session of this link brought it.
  uint64_t envelopes = 0;
  // Encoded items; or, if `single`, the msg of the only envelope.
  Bytes bytes;
  bool single = false;
  uint64_t id = 0;
  bool broadcast = false;
  uint64_t items = 0;  // That carried the single one.
};

// What the application has taken of one session, first come first served.
struct Taken {
  uint64_t session = 0;
  uint64_t envelopes = 0;
  uint64_t items = 0;  // That carried them.
  uint64_t cost = 0;
};

class ReceiveWindow {
 public:
  ReceiveWindow(uint64_t window_bytes, uint64_t max_envelope_bytes)
      : window_(window_bytes), max_envelope_(max_envelope_bytes) {
    session_.grant = window_bytes;
  }

  // A new life of the peer: numbers start again. What is in the inbox stays
  // there; what is not complete or not in order is dropped. The peer cuts large
  // envelopes into pieces of `fragment_bytes`.
  void StartSession(uint64_t fragment_bytes);

  // The application will take no more of it, of any session: what was taken is
  // final. Nothing that Receive() brings is wanted any more.
  void Drop();

  struct Verdict {
    bool moved = false;      // received() has moved.
    bool repeat = false;     // Some of it was here already.
    bool gap = false;        // Something before it is missing.
    bool beyond = false;     // More than was granted: dropped.
    bool too_large = false;  // An envelope above the limit: dropped.
    bool malformed = false;  // Fragments that do not fit together: dropped.
  };
  // Appends to `runs` what is ready now.
  Verdict Receive(const ParsedFrame& frame, Micros now,
                  std::vector<ItemRun>* runs);
  // False: there is nothing to say any sooner because of it.
  bool Take(const Taken& taken, Micros now);

  // Puts all of it into a frame that goes now.
  void Say(Header* header);
  // Since when received() or taken() are not as last said. It may wait a little
  // for a frame that goes anyway (a delayed ack).
  Micros news_since() const { return news_since_; }
  // The grant has moved so far that the peer may be waiting for it.
  bool OwesGrant() const {
    return session_.grant - session_.granted >= window_ / 4;
  }

  uint64_t session() const { return session_.number; }
  uint64_t received() const { return session_.received; }
  uint64_t taken() const { return session_.taken; }
  uint64_t grant() const { return session_.grant; }
  // In the inbox, of this session and of former ones.
  uint64_t inbox_cost() const {
    return old_cost_ + session_.delivered_at - session_.taken_at;
  }
  // With what is not in order or not whole yet: the memory for it is there.
  uint64_t held_cost() const {
    return inbox_cost() + session_.early_cost +
           (session_.partial.memory != nullptr
                ? session_.partial.item.total_bytes + kEnvelopeOverhead
                : 0);
  }
  // Lacks something that was sent before what is here.
  bool has_gap() const { return !session_.early.empty(); }

 private:
  // Consecutive items, starting with number `first`.
  struct Piece {
    uint64_t first = 0;
    uint64_t items = 0;
    uint64_t cost = 0;
    uint64_t largest = 0;
    bool fragments = false;
    Bytes bytes;
    Bytes tail;

    uint64_t end() const { return first + items; }
  };
  struct Partial {
    std::shared_ptr<char> memory;  // Null: none is being put together.
    Item item;
    uint64_t next_index = 0;
  };

  // Delivers it, keeps it for later, or drops it.
  Verdict Sort(const ParsedFrame& frame, std::vector<ItemRun>* runs);
  static void DropFront(uint64_t items, Piece* piece);
  void KeepEarly(Piece piece, Verdict* verdict);
  void Deliver(const Piece& piece, std::vector<ItemRun>* runs,
               Verdict* verdict);
  bool DeliverItem(const Item& item, const Piece& piece,
                   std::vector<ItemRun>* runs, Verdict* verdict);
  bool AddFragment(const Item& item, std::vector<ItemRun>* runs,
                   Verdict* verdict);
  void Advance(uint64_t items, uint64_t cost, Verdict* verdict);
  void Grant();

  // What lives and dies with one session; a new one replaces it whole.
  struct Session {
    uint64_t number = 0;  // Which session of this link it is.
    uint64_t fragment_bytes = kFragmentBytes;
    uint64_t received = 0;
    uint64_t taken = 0;
    uint64_t grant = 0;
    uint64_t granted = 0;  // As last said.
    // The positions that belong to those numbers; delivered_at is the end of
    // the last whole envelope, received_at may be within one.
    uint64_t received_at = 0;
    uint64_t delivered_at = 0;
    uint64_t taken_at = 0;
    // Came before what is to come before it. By first number; never
    // overlapping.
    std::map<uint64_t, Piece> early;
    uint64_t early_cost = 0;
    Partial partial;
  };

  uint64_t window_;
  uint64_t max_envelope_;
  Session session_;
  // Of former sessions, in the inbox.
  uint64_t old_cost_ = 0;
  Micros news_since_ = kNever;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_RECEIVE_WINDOW_H_
