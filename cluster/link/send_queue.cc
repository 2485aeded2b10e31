#include "raft/cluster/link/send_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

// A busy queue gathers in chunks as large as a frame may be. A quiet one, whose
// frames are small anyway, holds less memory for the same.
constexpr size_t kChunkBytes = kMaxBodyBytes;
constexpr size_t kQuietChunkBytes = size_t{64} << 10;
constexpr Micros kMarkDistance = 10000;
constexpr size_t kMaxMarks = 256;

absl::string_view View(const std::shared_ptr<char>& memory, size_t begin,
                       size_t end) {
  return absl::string_view(memory.get() + begin, end - begin);
}

}  // namespace

// However long the queue, there are but so many marks: when there would be
// more, every second one has to do.
void SendQueue::MarkTime(Micros now) {
  if (marks_.empty()) {
    mark_distance_ = kMarkDistance;
  } else if (now - marks_.back().time < mark_distance_) {
    return;
  } else if (marks_.size() >= kMaxMarks) {
    std::deque<Mark> kept;
    for (size_t i = 0; i < marks_.size(); i += 2) kept.push_back(marks_[i]);
    marks_ = std::move(kept);
    mark_distance_ *= 2;
  }
  // Marks, and not a time for each envelope: the smallest take hardly more
  // memory than a time would.
  marks_.push_back({end_ + 1, now});
}

void SendQueue::Hold(const Entry& entry, uint64_t cost) {
  held_cost_ += cost;
  if (entry.holding != nullptr) return;
  own_cost_ += cost;
  if (total_ != nullptr) total_->Hold(cost);
}

void SendQueue::Release(const Entry& entry, uint64_t cost) {
  held_cost_ -= cost;
  if (entry.holding != nullptr) return;
  own_cost_ -= cost;
  if (total_ != nullptr) total_->Release(cost);
}

void SendQueue::Append(const Outgoing& envelope, Micros now,
                       SharedItems* shared) {
  if (empty()) largest_ = 0;
  largest_ = std::max<uint64_t>(largest_, envelope.msg.size());
  MarkTime(now);
  if (envelope.is_large()) {
    AppendLarge(envelope, shared);
  } else {
    AppendSmall(envelope, shared);
  }
  Hold(entries_.back(), envelope.cost());
  ++unsettled_;
}

void SendQueue::Join(const Outgoing& envelope, SharedItems* shared) {
  RAFT_DEBUG_ASSERT(CanJoin(envelope, shared));
  largest_ = std::max<uint64_t>(largest_, envelope.msg.size());
  if (HasRoomFor(envelope)) {
    Put(envelope);
  } else {
    AppendShared(envelope, shared);
  }
  Hold(entries_.back(), envelope.cost());
  ++unsettled_;
}

void SendQueue::AppendSmall(const Outgoing& envelope, SharedItems* shared) {
  // A copy in memory that is there is cheaper than a run of its own, and so are
  // the frames that are cut from it.
  if (!HasRoomFor(envelope)) {
    if (shared != nullptr) return AppendShared(envelope, shared);
    AddChunk(envelope);
  }
  Put(envelope);
}

void SendQueue::AppendShared(const Outgoing& envelope, SharedItems* shared) {
  const SharedItems::Place& place = shared->Store(envelope);
  if (entries_.empty() || entries_.back().memory != place.memory ||
      entries_.back().used != place.begin) {
    Entry entry;
    entry.first = end_ + 1;
    entry.memory = place.memory;
    entry.begin = entry.settled_end = place.begin;
    entry.holding = place.holding;
    entries_.push_back(std::move(entry));
  }
  Entry& entry = entries_.back();
  entry.used = place.end;
  entry.cost += envelope.cost();
  ++entry.items;
  ++end_;
}

void SendQueue::AddChunk(const Outgoing& envelope) {
  Entry entry;
  entry.first = end_ + 1;
  // Behind one that is not this queue's to fill the chunk before goes on.
  if (entries_.size() > 1 && entries_.back().capacity == 0 &&
      HasRoomFor(entries_[entries_.size() - 2], envelope)) {
    const Entry& before = entries_[entries_.size() - 2];
    entry.memory = before.memory;
    entry.capacity = before.capacity;
    entry.begin = entry.used = entry.settled_end = before.used;
  } else {
    const bool quiet =
        cursor_ == end_ && EncodedBytes(envelope) <= kQuietChunkBytes;
    entry.capacity = quiet ? kQuietChunkBytes : kChunkBytes;
    entry.memory = std::shared_ptr<char>(new char[entry.capacity],
                                         std::default_delete<char[]>());
  }
  entries_.push_back(std::move(entry));
}

void SendQueue::Put(const Outgoing& envelope) {
  Entry& entry = entries_.back();
  char* const memory = entry.memory.get();
  entry.used = static_cast<size_t>(
      Encode(envelope, memory + entry.used, memory + entry.capacity) - memory);
  entry.cost += envelope.cost();
  ++entry.items;
  ++end_;
}

void SendQueue::AppendLarge(const Outgoing& envelope, SharedItems* shared) {
  Entry entry;
  entry.first = end_ + 1;
  entry.items = ItemsOfLarge(envelope);
  entry.cost = envelope.cost();
  entry.large = envelope;
  if (shared != nullptr) entry.holding = shared->Store(envelope).holding;
  end_ += entry.items;
  entries_.push_back(std::move(entry));
}

Item SendQueue::FragmentOf(const Entry& entry, uint64_t number) const {
  Item item;
  const uint64_t index = number - entry.first;
  if (index == 0) {
    item.id = entry.large.id;
    item.broadcast = entry.large.broadcast;
  }
  item.msg =
      entry.large.msg.view().substr(index * fragment_bytes_, fragment_bytes_);
  if (entry.items > 1) {
    item.index = static_cast<uint32_t>(index);
    item.count = static_cast<uint32_t>(entry.items);
    item.total_bytes = entry.large.msg.size();
  }
  return item;
}

SendQueue::Count SendQueue::CountUnsettled() const {
  Count count;
  count.envelopes = unsettled_;
  // An envelope costs its bytes and a fixed sum, so the bytes of an entry
  // follow from its cost. Only the first one, which may be settled in part, is
  // looked into.
  bool first = true;
  for (const Entry& entry : entries_) {
    if (entry.last() <= head_ || entry.items == 0) continue;
    count.bytes += entry.cost - entry.envelopes() * kEnvelopeOverhead;
    if (!first) continue;
    first = false;
    if (entry.is_large()) {
      count.first_id = entry.large.id;
      continue;
    }
    ItemReader reader(View(entry.memory, entry.begin, entry.used));
    Item item;
    for (uint64_t number = entry.first; reader.Next(&item); ++number) {
      if (number > head_) break;
      count.bytes -= item.msg.size();
    }
    count.first_id = item.id;
  }
  return count;
}

Micros SendQueue::oldest_time() const {
  if (empty()) return 0;
  Micros time = marks_.front().time;
  for (const Mark& mark : marks_) {
    if (mark.number > head_ + 1) break;
    time = mark.time;
  }
  return time;
}

uint64_t SendQueue::Settle(uint64_t number) {
  // A peer cannot have taken what was not sent.
  number = std::min(number, cursor_);
  uint64_t settled = 0;
  while (!entries_.empty() && head_ < number) {
    Entry& entry = entries_.front();
    // Nothing of a large one is given back before all of it is: it is one msg.
    if (entry.last() > number) {  // It remains, in part.
      if (entry.is_large()) break;
      settled += number - head_;
      SettleWithin(entry, number);
      break;
    }
    settled += entry.is_large() ? 1 : entry.last() - head_;
    head_ = entry.last();
    Release(entry, entry.cost - entry.settled_cost);
    if (entries_.size() == 1 && entry.capacity > 0) {
      // Goes on to be filled, so that a quiet link needs no new memory.
      entry.first = end_ + 1;
      entry.items = entry.cost = entry.cut_cost = entry.settled_cost = 0;
      entry.begin = entry.settled_end = entry.used;
      break;
    }
    entries_.pop_front();
    if (cursor_entry_ > 0) {
      --cursor_entry_;
    } else {
      cursor_offset_ = 0;
    }
  }
  unsettled_ -= settled;
  while (marks_.size() > 1 && marks_[1].number <= head_ + 1) {
    marks_.pop_front();
  }
  if (empty()) marks_.clear();
  return settled;
}

// A budget that is smaller than a chunk would otherwise be full until all of it
// was taken.
void SendQueue::SettleWithin(Entry& entry, uint64_t number) {
  ItemReader reader(View(entry.memory, entry.settled_end, entry.used));
  uint64_t cost = 0;
  for (Item item; head_ < number && reader.Next(&item); ++head_) {
    cost += item.cost();
  }
  entry.settled_end = entry.used - reader.rest().size();
  entry.settled_cost += cost;
  Release(entry, cost);
}

void SendQueue::Clear() {
  entries_.clear();
  marks_.clear();
  head_ = cursor_ = end_;
  cursor_entry_ = cursor_offset_ = 0;
  if (total_ != nullptr) total_->Release(own_cost_);
  held_cost_ = own_cost_ = unsettled_ = 0;
}

SendQueue::Count SendQueue::SettleAll() {
  const Count count = CountUnsettled();
  Clear();
  return count;
}

const SendQueue::Entry* SendQueue::EntryBehindCursor() const {
  if (cursor_ == end_) return nullptr;
  const Entry& entry = entries_[cursor_entry_];
  // An entry that was cut to its end may have been filled further since.
  return entry.last() > cursor_ && entry.items > 0
             ? &entry
             : &entries_[cursor_entry_ + 1];
}

bool SendQueue::HasFullFrame() const {
  const Entry* entry = EntryBehindCursor();
  return entry != nullptr && (entry->is_large() || entry != &entries_.back());
}

bool SendQueue::Cut(uint64_t max_cost, Slice* slice) {
  const Entry* behind = EntryBehindCursor();
  if (behind == nullptr) return false;
  // The cursor goes on to the next entry as late as it can: the one that it is
  // in may still be filled.
  if (behind != &entries_[cursor_entry_]) {
    ++cursor_entry_;
    cursor_offset_ = 0;
  }
  Entry& entry = entries_[cursor_entry_];
  *slice = Slice();
  slice->first = cursor_ + 1;
  const bool cut = entry.is_large() ? CutLarge(entry, max_cost, slice)
                                    : CutSmall(entry, max_cost, slice);
  if (!cut) return false;
  entry.cut_cost += slice->cost;
  cursor_ += slice->items;
  return true;
}

bool SendQueue::CutLarge(Entry& entry, uint64_t max_cost, Slice* slice) {
  const Item item = FragmentOf(entry, cursor_ + 1);
  if (item.cost() > max_cost) return false;
  char prefix[kMaxItemPrefixBytes];
  slice->prefix.assign(prefix, PutItemPrefix(item, prefix));
  slice->body = Bytes(entry.large.msg.owner(), item.msg);
  slice->items = 1;
  slice->cost = item.cost();
  return true;
}

bool SendQueue::CutSmall(Entry& entry, uint64_t max_cost, Slice* slice) {
  const size_t begin = std::max(cursor_offset_, entry.begin);
  size_t end = entry.used;
  // With enough credit nobody looks at a single item: the numbers were added up
  // when they came in.
  slice->items = entry.last() - cursor_;
  slice->cost = entry.cost - entry.cut_cost;
  if (slice->cost > max_cost) {  // Look how far the credit goes.
    slice->items = slice->cost = 0;
    end = begin;
    ItemReader reader(View(entry.memory, begin, entry.used));
    for (Item item;
         reader.Next(&item) && slice->cost + item.cost() <= max_cost;) {
      ++slice->items;
      slice->cost += item.cost();
      end = entry.used - reader.rest().size();
    }
    if (slice->items == 0) return false;
  }
  cursor_offset_ = end;
  slice->body = Bytes(entry.memory, View(entry.memory, begin, end));
  return true;
}

void SendQueue::Rewind() {
  cursor_ = head_;
  cursor_entry_ = cursor_offset_ = 0;
  for (Entry& entry : entries_) entry.cut_cost = 0;
  if (empty() || entries_.front().is_large()) return;
  // Behind what is settled of the first entry.
  cursor_offset_ = entries_.front().settled_end;
  entries_.front().cut_cost = entries_.front().settled_cost;
}

}  // namespace raft_cluster::internal
