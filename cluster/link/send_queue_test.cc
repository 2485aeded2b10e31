// Held against a deque of envelopes, which is what a queue means.
#include "raft/cluster/link/send_queue.h"

#include <algorithm>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kNoLimit = UINT64_MAX;

Outgoing Envelope(uint64_t id, size_t size) {
  Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = id % 3 == 0;
  std::string msg(size, static_cast<char>('a' + id % 26));
  if (size > 8) msg.replace(0, 8, std::to_string(10000000 + id));
  envelope.msg = Bytes::Own(std::move(msg));
  return envelope;
}

class Reference {
 public:
  struct Held {
    Outgoing envelope;
    Micros time;
    uint64_t first;
    uint64_t items;

    uint64_t last() const { return first + items - 1; }
  };

  void Append(const Outgoing& envelope, Micros now) {
    const uint64_t items = std::max<uint64_t>(
        1, (envelope.msg.size() + kFragmentBytes - 1) / kFragmentBytes);
    held_.push_back({envelope, now, end_ + 1, items});
    end_ += items;
  }

  uint64_t Settle(uint64_t number) {
    number = std::min(number, cursor_);
    uint64_t settled = 0;
    for (; !held_.empty() && held_.front().last() <= number; ++settled) {
      head_ = held_.front().last();
      held_.pop_front();
    }
    return settled;
  }

  Item ItemAt(uint64_t number) const {
    const auto held = std::find_if(
        held_.begin(), held_.end(),
        [&](const Held& envelope) { return number <= envelope.last(); });
    const Outgoing& envelope = held->envelope;
    Item item;
    const uint64_t index = number - held->first;
    if (index == 0) {
      item.id = envelope.id;
      item.broadcast = envelope.broadcast;
    }
    item.msg =
        envelope.msg.view().substr(index * kFragmentBytes, kFragmentBytes);
    if (held->items == 1) return item;
    item.index = static_cast<uint32_t>(index);
    item.count = static_cast<uint32_t>(held->items);
    item.total_bytes = envelope.msg.size();
    return item;
  }

  SendQueue::Count CountUnsettled() const {
    SendQueue::Count count;
    count.envelopes = held_.size();
    for (const Held& held : held_) count.bytes += held.envelope.msg.size();
    if (!held_.empty()) count.first_id = held_.front().envelope.id;
    return count;
  }

  SendQueue::Count SettleAll() {
    const SendQueue::Count count = CountUnsettled();
    held_.clear();
    head_ = cursor_ = end_;
    return count;
  }

  SendQueue::Count RemoveLarger(uint64_t max, Micros oldest) {
    SendQueue::Count removed;
    std::deque<Held> held;
    held.swap(held_);
    end_ = head_;
    for (const Held& envelope : held) {
      if (envelope.envelope.msg.size() <= max) {
        Append(envelope.envelope, oldest);
        continue;
      }
      if (removed.envelopes++ == 0) removed.first_id = envelope.envelope.id;
      removed.bytes += envelope.envelope.msg.size();
    }
    return removed;
  }

  SendQueue::Count RemoveUncut() {
    SendQueue::Count removed;
    for (; !held_.empty() && held_.back().first > cursor_; held_.pop_back()) {
      ++removed.envelopes;
      removed.bytes += held_.back().envelope.msg.size();
      removed.first_id = held_.back().envelope.id;
    }
    end_ = held_.empty() ? cursor_ : held_.back().last();
    return removed;
  }

  uint64_t UnsettledCost() const {
    uint64_t cost = 0;
    for (const Held& held : held_) cost += held.envelope.cost();
    return cost;
  }
  std::deque<Held> held_;
  uint64_t head_ = 0, end_ = 0, cursor_ = 0;
};

// The items of a slice are those that are due, and it says the truth of them.
void ExpectSlice(const SendQueue::Slice& slice, const Reference& reference,
                 uint64_t max_cost) {
  EXPECT_EQ(slice.first, reference.cursor_ + 1);
  ItemReader reader(
      slice.prefix.empty() ? slice.body.view()
                           : absl::string_view(slice.prefix),
      slice.prefix.empty() ? absl::string_view() : slice.body.view());
  uint64_t number = slice.first, cost = 0;
  for (Item item; reader.Next(&item); ++number) {
    ASSERT_LE(number, reference.end_);
    const Item expected = reference.ItemAt(number);
    EXPECT_EQ(item.id, expected.id);
    EXPECT_EQ(item.broadcast, expected.broadcast);
    EXPECT_EQ(item.index, expected.index);
    EXPECT_EQ(item.count, expected.count);
    EXPECT_EQ(item.total_bytes, expected.total_bytes);
    EXPECT_TRUE(item.msg == expected.msg);
    cost += item.cost();
  }
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(slice.items, number - slice.first);
  EXPECT_GT(slice.items, 0u);
  EXPECT_EQ(slice.cost, cost);
  EXPECT_LE(slice.cost, max_cost);
  EXPECT_LE(slice.prefix.size() + slice.body.size(),
            kMaxBodyBytes + kMaxItemPrefixBytes);
}

void ExpectEqual(const SendQueue::Count& count,
                 const SendQueue::Count& expected) {
  EXPECT_EQ(count.envelopes, expected.envelopes);
  EXPECT_EQ(count.bytes, expected.bytes);
  EXPECT_EQ(count.first_id, expected.first_id);
}

void ExpectSame(const SendQueue& queue, const Reference& reference) {
  ASSERT_EQ(queue.head(), reference.head_);
  ASSERT_EQ(queue.end(), reference.end_);
  ASSERT_EQ(queue.cursor(), reference.cursor_);
  ASSERT_EQ(queue.empty(), reference.held_.empty());
  ASSERT_EQ(queue.unsettled(), reference.held_.size());
  const SendQueue::Count count = queue.CountUnsettled();
  const SendQueue::Count expected = reference.CountUnsettled();
  ASSERT_EQ(count.envelopes, expected.envelopes);
  ASSERT_EQ(count.bytes, expected.bytes);
  ASSERT_EQ(count.first_id, expected.first_id);
  ASSERT_EQ(queue.held_cost(), reference.UnsettledCost());
  if (reference.held_.empty()) {
    ASSERT_EQ(queue.held_cost(), 0u);
    ASSERT_EQ(queue.oldest_time(), 0);
    return;
  }
  const Micros oldest = reference.held_.front().time;
  const Micros waits = reference.held_.back().time - oldest;
  ASSERT_LE(queue.oldest_time(), oldest);
  ASSERT_GE(queue.oldest_time(), oldest - 10000 - waits / 50);
}

size_t RandomSize(std::mt19937_64& random) {
  switch (random() % 12) {
    case 0:
      return kReferenceBytes + random() % 9 - 4;
    case 1:
      return kReferenceBytes + random() % 40000;
    case 2:
      return kFragmentBytes + random() % 3 - 1;
    case 3:
      return kFragmentBytes + random() % (3 * kFragmentBytes);
    case 4:
      return random() % kReferenceBytes;
    default:
      return random() % 50;
  }
}

class RandomSteps : public testing::TestWithParam<int> {};

// Queues of one server: what is broadcast goes to all of them.
struct Queues {
  void Append(size_t to, const Outgoing& envelope, Micros now) {
    if (!envelope.broadcast) {
      queues[to].Append(envelope, now);
      return references[to].Append(envelope, now);
    }
    const bool join =
        std::all_of(queues.begin(), queues.end(), [&](const SendQueue& queue) {
          return queue.CanJoin(envelope, &shared);
        });
    for (size_t i = 0; i < queues.size(); ++i) {
      if (join) {
        queues[i].Join(envelope, &shared);
        references[i].Append(envelope, references[i].held_.back().time);
      } else {
        queues[i].Append(envelope, now, &shared);
        references[i].Append(envelope, now);
      }
    }
    shared.Done();
  }

  // Whatever they share counts until the last has let go.
  void ExpectTotal() const {
    uint64_t sum = 0;
    for (const SendQueue& queue : queues) {
      EXPECT_GE(total.held(), queue.held_cost());
      sum += queue.held_cost();
    }
    EXPECT_EQ(total.held() == 0, sum == 0);
  }

  TotalBudget total{kNoLimit};
  SharedItems shared{&total};
  std::deque<SendQueue> queues;
  std::deque<Reference> references;
};

TEST_P(RandomSteps, DoWhatADequeWouldDo) {
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  Queues server;
  for (int i = 0; i < 3; ++i) {
    server.queues.emplace_back(&server.total);
    server.references.emplace_back();
  }
  Micros now = 1;
  uint64_t id = 0;
  std::deque<std::pair<SendQueue::Slice, std::string>> kept;
  for (int step = 0; step < 6000; ++step) {
    now += static_cast<Micros>(random() % 4000);
    const size_t which = random() % server.queues.size();
    SendQueue& queue = server.queues[which];
    Reference& reference = server.references[which];
    const uint64_t dice = random() % 100;
    if (dice < 45 && reference.held_.size() < 200) {
      server.Append(which, Envelope(++id, RandomSize(random)), now);
    } else if (dice < 75) {
      const uint64_t credit =
          random() % 3 == 0 ? kNoLimit : random() % (2 * kFragmentBytes);
      SendQueue::Slice slice;
      if (queue.Cut(credit, &slice)) {
        ExpectSlice(slice, reference, credit);
        reference.cursor_ += slice.items;
        kept.emplace_back(slice, std::string(slice.body.view()));
        if (kept.size() > 20) kept.pop_front();
      } else if (reference.cursor_ < reference.end_) {
        EXPECT_GT(reference.ItemAt(reference.cursor_ + 1).cost(), credit);
      }
    } else if (dice < 93) {
      // Around the cursor, also beyond what was ever cut.
      const uint64_t number =
          reference.head_ +
          random() % (reference.cursor_ - reference.head_ + 3);
      EXPECT_EQ(queue.Settle(number), reference.Settle(number));
    } else if (dice < 98) {
      queue.Rewind();
      reference.cursor_ = reference.head_;
    } else if (dice < 99) {
      queue.Rewind();
      reference.cursor_ = reference.head_;
      const uint64_t max = RandomSize(random);
      const Micros oldest = queue.oldest_time();
      const SendQueue::Count removed = queue.RemoveLarger(max);
      ExpectEqual(removed, reference.RemoveLarger(max, oldest));
    } else if (random() % 4 == 0) {
      ExpectEqual(queue.SettleAll(), reference.SettleAll());
    } else {
      ExpectEqual(queue.RemoveUncut(), reference.RemoveUncut());
    }
    for (size_t i = 0; i < server.queues.size(); ++i) {
      ExpectSame(server.queues[i], server.references[i]);
    }
    server.ExpectTotal();
    if (HasFailure()) FAIL() << "at step " << step;
  }
  // What was cut stays what it was, whatever became of the queue.
  for (const auto& [slice, bytes] : kept) {
    EXPECT_TRUE(slice.body.view() == bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSteps, testing::Range(0, 8));

TEST(Frame, IsFullWhenItWillNotGrowAnyMore) {
  SendQueue queue;
  EXPECT_FALSE(queue.HasFullFrame());
  queue.Append(Envelope(1, 10), 1);
  EXPECT_FALSE(queue.HasFullFrame());
  while (!queue.HasFullFrame()) {
    ASSERT_LT(queue.end(), 40u);
    queue.Append(Envelope(2, 4000), 1);
  }
  SendQueue::Slice slice;
  ASSERT_TRUE(queue.Cut(kNoLimit, &slice));
  EXPECT_GT(slice.body.size(), 60000u);
  EXPECT_FALSE(queue.HasFullFrame()) << "one is left, and may be joined";
  while (!queue.HasFullFrame()) {
    ASSERT_LT(queue.end(), 100u);
    queue.Append(Envelope(2, 4000), 1);
  }
  ASSERT_TRUE(queue.Cut(kNoLimit, &slice));
  EXPECT_GT(slice.body.size(), kFragmentBytes - 4000) << "of a busy queue";
  queue.Append(Envelope(3, kReferenceBytes), 1);
  ASSERT_TRUE(queue.HasFullFrame()) << "a large one is a frame of its own";
}

TEST(LargeMsg, IsReferencedNotCopied) {
  SendQueue queue;
  const Outgoing envelope = Envelope(1, 3 * kFragmentBytes);
  queue.Append(envelope, 1);
  SendQueue::Slice slice;
  for (size_t at = 0; at < envelope.msg.size(); at += kFragmentBytes) {
    ASSERT_TRUE(queue.Cut(kNoLimit, &slice));
    EXPECT_EQ(slice.body.view().data(), envelope.msg.view().data() + at);
  }
  EXPECT_FALSE(queue.Cut(kNoLimit, &slice));
}

TEST(QuietLink, FillsOneChunkAfterTheOther) {
  SendQueue queue;
  std::set<const void*> chunks;
  std::vector<SendQueue::Slice> slices(10000);  // Keep addresses apart.
  for (size_t i = 0; i < slices.size(); ++i) {
    queue.Append(Envelope(i, 20), static_cast<Micros>(i));
    ASSERT_TRUE(queue.Cut(kNoLimit, &slices[i]));
    chunks.insert(slices[i].body.owner().get());
    ASSERT_EQ(queue.Settle(queue.end()), 1u);
  }
  EXPECT_LE(chunks.size(), 10000u * 32 / 65536 + 1);
}

// Or a queue within its budget takes a multiple of that in memory.
TEST(SmallEnvelopes, BetweenLargeOnesShareAChunk) {
  SendQueue queue;
  std::set<const void*> chunks;
  std::vector<SendQueue::Slice> slices(400);
  for (uint64_t i = 0; i < slices.size(); i += 2) {
    queue.Append(Envelope(i, 1), 1);
    queue.Append(Envelope(i + 1, kReferenceBytes), 1);
  }
  for (SendQueue::Slice& slice : slices) {
    ASSERT_TRUE(queue.Cut(kNoLimit, &slice));
    if (slice.prefix.empty()) chunks.insert(slice.body.owner().get());
  }
  EXPECT_EQ(chunks.size(), 1u);
}

TEST(OldestTime, IsKnownToAHundredthOfALongWait) {
  SendQueue queue;
  constexpr Micros kMinute = 60000000;
  for (Micros now = 1; now < 60 * kMinute; now += 100000) {
    queue.Append(Envelope(1, 1), now);
  }
  SendQueue::Slice slice;
  while (queue.Cut(kNoLimit, &slice)) {
  }
  for (uint64_t head = 0; head < queue.end(); head += 100) {
    queue.Settle(head);
    const Micros oldest = static_cast<Micros>(queue.head()) * 100000 + 1;
    EXPECT_LE(queue.oldest_time(), oldest);
    EXPECT_GE(queue.oldest_time(), oldest - kMinute * 60 / 50);
  }
}

}  // namespace
}  // namespace raft_cluster::internal
