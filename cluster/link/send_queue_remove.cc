// How SendQueue takes out what is not to be sent after all, and cuts what is
// there into other pieces.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "raft/base/assert.h"
#include "raft/cluster/link/send_queue.h"

namespace raft_cluster::internal {

SendQueue::Count SendQueue::RemoveLarger(uint64_t max_msg_bytes) {
  RAFT_ASSERT(cursor_ == head_);
  // All are taken out, and those that may stay put back in. That is slow and
  // simple: it happens once in a life of the peer, if it allows less than the
  // one before.
  const std::deque<Entry> entries = std::move(entries_);
  const Micros oldest = oldest_time();
  const uint64_t head = head_;
  Count removed;
  entries_.clear();
  Clear();
  head_ = end_ = cursor_ = head;
  auto keep_or_count = [&](const Outgoing& envelope) {
    if (envelope.msg.size() <= max_msg_bytes) {
      // Their own times are not kept. An age that is too high is found out; one
      // that is too low would hide that something waits.
      Append(envelope, oldest);
      return;
    }
    if (removed.envelopes++ == 0) removed.first_id = envelope.id;
    removed.bytes += envelope.msg.size();
  };
  for (const Entry& entry : entries) {
    if (entry.is_large()) {
      keep_or_count(entry.large);
      continue;
    }
    ItemReader reader(ItemsFrom(entry, entry.begin));
    Item item;
    for (uint64_t number = entry.first; reader.Next(&item); ++number) {
      if (number <= head) continue;
      Outgoing envelope;
      envelope.id = item.id;
      envelope.broadcast = item.broadcast;
      envelope.msg = Bytes(entry.memory, item.msg);
      keep_or_count(envelope);
    }
  }
  return removed;
}

bool SendQueue::CutInto(uint64_t fragment_bytes) {
  RAFT_ASSERT(cursor_ == head_);
  if (fragment_bytes == fragment_bytes_) return false;
  fragment_bytes_ = fragment_bytes;
  bool moved = false;
  uint64_t end = entries_.empty() ? end_ : entries_.front().first - 1;
  auto mark = marks_.begin();
  for (Entry& entry : entries_) {
    const uint64_t former_first = entry.first;
    const uint64_t former_last = entry.last();
    entry.first = end + 1;
    if (entry.is_large()) {
      entry.items = ItemsOfLarge(entry.large);
      moved = true;
    }
    end += entry.items;
    // A mark stands at the first item of an envelope.
    for (; mark != marks_.end() && mark->number <= former_last; ++mark) {
      mark->number = entry.first + (mark->number - former_first);
    }
  }
  end_ = end;
  return moved;
}

uint64_t SendQueue::FirstId(const Entry& entry, size_t begin) {
  if (entry.is_large()) return entry.large.id;
  ItemReader reader(ItemsFrom(entry, begin));
  Item item;
  reader.Next(&item);
  return item.id;
}

void SendQueue::CountOut(const Entry& entry, uint64_t envelopes, uint64_t cost,
                         size_t begin, Count* removed) {
  if (envelopes == 0) return;
  if (removed->envelopes == 0) removed->first_id = FirstId(entry, begin);
  removed->envelopes += envelopes;
  removed->bytes += cost - envelopes * kEnvelopeOverhead;
  unsettled_ -= envelopes;
  Release(entry, cost);
}

SendQueue::Count SendQueue::RemoveUncut() {
  Count removed;
  // Entries that are cut whole are before the one at the cursor.
  size_t kept = std::min(cursor_entry_, entries_.size());
  uint64_t end = cursor_;
  if (cursor_entry_ < entries_.size() &&
      entries_[cursor_entry_].first <= cursor_) {
    Entry& entry = entries_[cursor_entry_];
    kept = cursor_entry_ + 1;
    if (entry.is_large()) {
      // The peer has a part of it, and waits for the rest.
      end = std::max(end, entry.last());
    } else {
      CountOut(entry, entry.last() - cursor_, entry.cost - entry.cut_cost,
               cursor_offset_, &removed);
      entry.items = cursor_ + 1 - entry.first;
      entry.cost = entry.cut_cost;
      entry.used = std::max(cursor_offset_, entry.begin);
    }
  }
  for (size_t i = kept; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    CountOut(entry, entry.envelopes(), entry.cost, entry.begin, &removed);
  }
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(kept),
                 entries_.end());
  // Frames of a former session may still be on their way that were cut from
  // what is behind: nothing is written there any more.
  for (Entry& entry : entries_) {
    entry.capacity = std::min(entry.capacity, entry.used);
  }
  end_ = end;
  while (!marks_.empty() && marks_.back().number > end_) marks_.pop_back();
  if (empty()) Clear();
  return removed;
}

}  // namespace raft_cluster::internal
