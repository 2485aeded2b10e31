#include "raft/cluster/engine/inbox_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

// A frame has overheads of some hundred bytes, so smaller ones are copied.
constexpr size_t kSmallRunBytes = 2048;
constexpr size_t kCopyBytes = 16384;

}  // namespace

void InboxQueue::Push(PeerRef peer, Pid from, uint64_t life, ItemRun run) {
  pushed_ += run.envelopes;
  // One alone is not copied: it is about to be taken.
  if (!entries_.empty() && !run.single && run.bytes.size() < kSmallRunBytes) {
    Gather(&run);
    if (Join(peer, run)) return;
  }
  Entry entry;
  entry.peer = peer;
  entry.from = from;
  entry.life = life;
  entry.run = std::move(run);
  entries_.push_back(std::move(entry));
}

void InboxQueue::Clear() {
  entries_.clear();
  // As if they had been taken: events wait for all envelopes before them.
  gone_ = pushed_;
  copy_.reset();
}

uint64_t InboxQueue::Remove(PeerRef peer) {
  uint64_t removed = 0;
  std::deque<Entry> kept;
  for (Entry& entry : entries_) {
    if (entry.peer != peer) {
      kept.push_back(std::move(entry));
      continue;
    }
    removed += entry.run.envelopes;
    const uint64_t gone = entry.run.envelopes + entry.removed_behind;
    if (kept.empty()) {
      gone_ += gone;
    } else {
      kept.back().removed_behind += gone;
    }
  }
  entries_ = std::move(kept);
  if (entries_.empty()) copy_.reset();
  return removed;
}

void InboxQueue::Gather(ItemRun* run) {
  const absl::string_view bytes = run->bytes.view();
  // A full chunk is left to those who have views into it; it goes with the
  // last.
  if (copy_ == nullptr || copied_ + bytes.size() > kCopyBytes) {
    copy_ = std::shared_ptr<char>(new char[kCopyBytes],
                                  std::default_delete<char[]>());
    copied_ = 0;
  }
  char* const to = copy_.get() + copied_;
  std::memcpy(to, bytes.data(), bytes.size());
  copied_ += bytes.size();
  run->bytes = Bytes(copy_, absl::string_view(to, bytes.size()));
}

bool InboxQueue::Join(PeerRef peer, const ItemRun& run) {
  Entry& last = entries_.back();
  // What was dropped behind it came before this.
  if (last.removed_behind > 0) return false;
  const absl::string_view before = last.run.bytes.view();
  // One that follows in memory, of the same session, makes one run with it: to
  // take from one long run is cheaper than from many short ones.
  if (last.peer != peer || last.run.session != run.session ||
      last.run.bytes.owner() != run.bytes.owner() ||
      before.data() + before.size() != run.bytes.view().data()) {
    return false;
  }
  last.run.bytes =
      Bytes(copy_,
            absl::string_view(before.data(), before.size() + run.bytes.size()));
  last.run.envelopes += run.envelopes;
  return true;
}

void InboxQueue::Pop(size_t limit, Pins pins,
                     absl::FunctionRef<void(Delivery&& received)> take,
                     PeerRef* peer, Taken* taken) {
  RAFT_ASSERT(!empty() && limit > 0);
  Entry& entry = entries_.front();
  ItemRun& run = entry.run;
  *peer = entry.peer;
  taken->session = run.session;
  taken->envelopes = std::min<uint64_t>(limit, run.envelopes);
  if (run.single) {
    taken->items = run.items;
    taken->cost = run.bytes.size() + kEnvelopeOverhead;
    take(Delivery{entry.from, run.broadcast ? kBroadcast : self_, run.id,
                  entry.life, run.bytes.view(), Pin::On(run.bytes.owner())});
  } else {
    ItemReader reader(run.bytes.view().substr(entry.read));
    taken->items = taken->envelopes;
    taken->cost = 0;
    // One count for all that are handed out now, in place of one for each.
    if (!entry.pin) entry.pin = Pin::On(run.bytes.owner());
    const bool each = pins == Pins::kForEach;
    entry.pin.Hold(each ? static_cast<int64_t>(taken->envelopes) : 1);
    Item item;
    for (uint64_t i = 0; i < taken->envelopes; ++i) {
      reader.Next(&item);  // Well-formed: it was read before.
      taken->cost += item.cost();
      take(Delivery{entry.from, item.broadcast ? kBroadcast : self_, item.id,
                    entry.life, item.msg,
                    each || i == 0 ? entry.pin.Counted() : Pin()});
    }
    entry.read = run.bytes.size() - reader.rest().size();
  }
  gone_ += taken->envelopes;
  run.envelopes -= taken->envelopes;
  if (run.envelopes == 0) {
    gone_ += entry.removed_behind;
    entries_.pop_front();
  }
  // An idle server holds no chunk.
  if (entries_.empty()) copy_.reset();
}

}  // namespace raft_cluster::internal
