#include "raft/cluster/engine/inbox_queue.h"

#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace {

std::atomic<int64_t> live_bytes{0};  // Of the heap, of this whole program.

void Free(void* memory) {
  if (memory != nullptr) {
    live_bytes -= static_cast<int64_t>(malloc_usable_size(memory));
  }
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  live_bytes += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}
void operator delete(void* memory) noexcept { Free(memory); }
void operator delete(void* memory, size_t) noexcept { Free(memory); }

namespace raft_cluster::internal {
namespace {

constexpr Pid kSelf = 9;

// `msgs` in one frame, as a link hands it on.
ItemRun MakeRun(uint64_t session, uint64_t id,
                const std::vector<std::string>& msgs) {
  std::string items;
  for (const std::string& msg : msgs) {
    AppendItem({id, id % 2 == 0, msg}, &items);
    ++id;
  }
  ItemRun run;
  run.session = session;
  run.envelopes = msgs.size();
  // Behind a header, as it came.
  run.bytes = Bytes::Own(std::string(120, 'h') + items).Slice(120);
  return run;
}

ItemRun MakeLargeRun(uint64_t session, uint64_t id, const std::string& msg,
                     uint64_t items) {
  ItemRun run;
  run.session = session;
  run.envelopes = 1;
  run.single = true;
  run.bytes = Bytes::Own(msg);
  run.id = id;
  run.broadcast = id % 2 == 0;
  run.items = items;
  return run;
}

// Takes out up to `limit` envelopes, as far as they came together.
struct Popped {
  explicit Popped(InboxQueue& queue, size_t limit = 1,
                  Pins pins = Pins::kForEach) {
    queue.Pop(
        limit, pins,
        [this](Delivery&& got) { received.push_back(std::move(got)); }, &link,
        &taken);
  }

  std::vector<Delivery> received;
  PeerRef link;
  Taken taken;
};

// The first of each that came together keeps the bytes alive for all of them.
TEST(InboxQueue, PinsARunOnceWhereThatIsWanted) {
  auto queue = std::make_unique<InboxQueue>(kSelf);
  queue->Push({0, 1}, 1, 1, MakeRun(1, 1, {"one", "two", "three"}));
  const Popped first(*queue, 2, Pins::kOneForARun);
  Popped second(*queue, 2, Pins::kOneForARun);
  queue.reset();
  ASSERT_EQ(first.received.size(), 2u);
  EXPECT_TRUE(first.received[0].pin);
  EXPECT_FALSE(first.received[1].pin);
  ASSERT_EQ(second.received.size(), 1u);
  EXPECT_TRUE(second.received[0].pin);
  second.received.clear();
  EXPECT_EQ(first.received[1].msg, "two");
}

TEST(InboxQueue, GivesOutWhatWasPutInFirstComeFirstServed) {
  struct Expected {
    size_t link;
    uint64_t session, id, life, items;
    std::string msg;
  };
  std::mt19937_64 random(1);
  InboxQueue queue(kSelf);
  std::deque<Expected> expected;
  std::vector<uint64_t> sessions(3);
  uint64_t id = 0, popped = 0;
  for (int step = 0; step < 20000; ++step) {
    if (random() % 3 == 0) {
      const size_t link = random() % 3;
      if (random() % 20 == 0) ++sessions[link];
      const uint64_t session = sessions[link];
      if (random() % 5 == 0) {
        const std::string msg(random() % 5000, 'x');
        const uint64_t items = 1 + random() % 3;
        expected.push_back({link, session, ++id, session, items, msg});
        queue.Push({static_cast<uint32_t>(link), 1}, static_cast<Pid>(link + 1),
                   session, MakeLargeRun(session, id, msg, items));
      } else {
        std::vector<std::string> msgs(1 + random() % 5);
        const uint64_t first = id + 1;
        for (std::string& msg : msgs) {
          msg.assign(random() % (random() % 4 == 0 ? 3000 : 30), 'y');
          expected.push_back({link, session, ++id, session, 1, msg});
        }
        queue.Push({static_cast<uint32_t>(link), 1}, static_cast<Pid>(link + 1),
                   session, MakeRun(session, first, msgs));
      }
    }
    if (random() % 2000 == 0) {
      queue.Clear();
      expected.clear();
    }
    ASSERT_EQ(queue.empty(), expected.empty());
    if (expected.empty()) continue;
    const size_t limit = 1 + random() % 3;
    const Popped got(queue, limit);
    ASSERT_GE(got.received.size(), 1u);
    ASSERT_LE(got.received.size(), limit);
    Taken taken;
    for (const Delivery& received : got.received) {
      const Expected& envelope = expected.front();
      ASSERT_EQ(received.id, envelope.id);
      ASSERT_EQ(received.from, static_cast<Pid>(envelope.link + 1));
      ASSERT_EQ(received.to, envelope.id % 2 == 0 ? kBroadcast : kSelf);
      ASSERT_EQ(received.incarnation, envelope.life);
      ASSERT_TRUE(received.msg == envelope.msg);
      ASSERT_EQ(got.link.slot, envelope.link);
      ASSERT_EQ(got.taken.session, envelope.session);
      taken.items += envelope.items;
      taken.cost += envelope.msg.size() + kEnvelopeOverhead;
      expected.pop_front();
      ++popped;
    }
    ASSERT_EQ(got.taken.envelopes, got.received.size());
    ASSERT_EQ(got.taken.items, taken.items);
    ASSERT_EQ(got.taken.cost, taken.cost);
  }
  EXPECT_GT(popped, 5000u);
}

// Bytes of memory per byte that is counted, for 1-byte envelopes that come in
// frames of their own, from `links` peers in turn.
double MemoryPerCost(size_t links) {
  constexpr uint64_t kCount = 20000;
  InboxQueue queue(kSelf);
  const int64_t before = live_bytes;
  for (uint64_t i = 0; i < kCount; ++i) {
    queue.Push({static_cast<uint32_t>(i % links), 1},
               static_cast<Pid>(i % links + 1), 1, MakeRun(1, i, {"m"}));
  }
  return static_cast<double>(live_bytes - before) /
         (kCount * (1 + kEnvelopeOverhead));
}

TEST(Memory, OfSmallEnvelopesThatPileUpIsNearWhatTheyCount) {
  EXPECT_LT(MemoryPerCost(1), 0.5);
}

TEST(Memory, OfSmallEnvelopesIsNearWhatTheyCountAlsoWhereTwoPeersTakeTurns) {
  EXPECT_LT(MemoryPerCost(2), 3);
  EXPECT_LT(MemoryPerCost(5), 3);
}

TEST(Memory, IsGivenBack) {
  InboxQueue queue(kSelf);
  const int64_t before = live_bytes;
  for (uint64_t i = 0; i < 5000; ++i) {
    queue.Push({static_cast<uint32_t>(i % 2), 1}, 1, 1, MakeRun(1, i, {"m"}));
  }
  while (!queue.empty()) Popped{queue};
  EXPECT_LT(live_bytes - before, 40000);  // Blocks of what will come next.
}

TEST(Delivery, StaysValidWhenTheQueueIsGone) {
  std::vector<Delivery> kept;
  {
    InboxQueue queue(kSelf);
    queue.Push({0, 1}, 1, 1, MakeRun(1, 1, {"first", "second"}));
    queue.Push({0, 1}, 1, 1, MakeRun(1, 3, {"joins others"}));
    queue.Push({0, 1}, 1, 1, MakeRun(1, 4, {"is joined by it"}));
    queue.Push({0, 1}, 1, 1, MakeRun(1, 5, {std::string(3000, 'l')}));
    queue.Push({0, 1}, 1, 1, MakeLargeRun(1, 6, std::string(100000, 'x'), 2));
    while (!queue.empty()) kept.push_back(Popped(queue).received[0]);
    // What comes later is written where these do not look.
    for (uint64_t id = 7; id < 100; ++id) {
      queue.Push({0, 1}, 1, 1, MakeRun(1, id, {"later"}));
    }
  }
  ASSERT_EQ(kept.size(), 6u);
  EXPECT_EQ(kept[0].msg, "first");
  EXPECT_EQ(kept[1].msg, "second");
  EXPECT_EQ(kept[2].msg, "joins others");
  EXPECT_EQ(kept[3].msg, "is joined by it");
  EXPECT_EQ(kept[4].msg, std::string(3000, 'l'));
  EXPECT_EQ(kept[5].msg, std::string(100000, 'x'));
  EXPECT_EQ(kept[2].from, 1);
  EXPECT_EQ(kept[2].to, kSelf);
  EXPECT_EQ(kept[2].id, 3u);
}

}  // namespace
}  // namespace raft_cluster::internal
