// What is refused, and that nothing grows or waits because of it.

#include <algorithm>
#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"

namespace raft_cluster::internal {
namespace {

using Clock = std::chrono::steady_clock;

// No single call may take longer. Far above what any needs, since the machine
// may be busy; far below what a call would take that waits for a peer.
constexpr std::chrono::seconds kAtOnce{2};

struct Flood {
  size_t frames = 0;  // Taken before the first refusal.
  size_t bytes = 0;
  SendResult refusal = SendResult::kSent;  // kSent: none came.
};

// Sends numbered frames of `size` bytes until one is refused or `limit_bytes`
// were taken. Between two refusals in a row a moment passes, in which the
// transport may hand on what it has queued.
Flood SendUntilRefused(Node& from, Pid to, size_t size, size_t limit_bytes) {
  Flood flood;
  const Bytes body = Bytes::Own(Pattern(size));
  for (int refusals = 0; refusals < 20 && flood.bytes < limit_bytes;) {
    const Frame frame{Bytes::Copy(absl::StrCat(flood.frames, ";")), body};
    const Clock::time_point begin = Clock::now();
    flood.refusal = from->Send(to, frame);
    EXPECT_LT(Clock::now() - begin, kAtOnce);
    if (flood.refusal == SendResult::kSent) {
      refusals = 0;
      ++flood.frames;
      flood.bytes += frame.size();
    } else {
      ++refusals;
      from.Poll();
      from->Wait(absl::Milliseconds(20));
    }
  }
  return flood;
}

size_t FrameBytes(const TransportUnderTest& under_test) {
  return std::min<size_t>(under_test.largest_frame_bytes, size_t{64} << 10);
}

TEST_P(TransportConformance, RefusesAtTheBoundAndGoesOnWhenThePeerPolls) {
  // b does not poll until a is refused. Then another thread lets it, and a
  // must be woken from a Wait() in which nothing else would end.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  for (const size_t size : {FrameBytes(GetParam()) - 100, size_t{1000}}) {
    const size_t limit_bytes =
        TransportSpec().queue_bytes + GetParam().system_buffer_bytes;
    const Flood flood = SendUntilRefused(a, 2, size, limit_bytes);
    ASSERT_EQ(flood.refusal, SendResult::kFull)
        << "took " << flood.bytes << " bytes";

    b.frames.clear();
    const Clock::time_point begin = Clock::now();
    const auto poll = [&] {
      // Until all is there, or for a lossy transport for some time.
      RunUntil(
          {&b}, [&] { return b.frames.size() >= flood.frames; },
          GetParam().lossless ? kPatience : absl::Seconds(5));
    };
    std::thread polling;
    std::atomic<bool> polled{false};
    if (GetParam().virtual_now) {
      poll();
    } else {
      polling = std::thread([&] {
        poll();
        polled = true;
      });
    }
    SendResult result = SendResult::kFull;
    while (result == SendResult::kFull && Clock::now() - begin < kAtOnce * 5) {
      a->Wait(absl::Seconds(60));
      a.Poll();
      result = a->Send(2, Text("again"));
    }
    // What is still queued may go on in a's Poll() alone.
    while (polling.joinable() && !polled) {
      a.Poll();
      a->Wait(absl::Milliseconds(1));
    }
    if (polling.joinable()) polling.join();
    EXPECT_EQ(result, SendResult::kSent);
    EXPECT_LT(Clock::now() - begin, std::chrono::seconds(30));
    // Where frames overtake each other, it is not the last to come.
    EXPECT_TRUE(RunUntil({&a, &b}, [&] {
      return (b.frames.size() > flood.frames || !GetParam().lossless) &&
             b.CountOf("again") == 1;
    }));
    if (GetParam().lossless) {
      EXPECT_EQ(b.frames.size(), flood.frames + 1);
    }
  }
}

TEST_P(TransportConformance, BoundsEmptyFramesToo) {
  // They cost memory as well: what waits must not grow with their number.
  Node a(GetParam(), [](TransportSpec& spec) { spec.queue_bytes = 10000; });
  Node b(GetParam());
  Link(a, 2, b);
  // An absent reader behind full buffers of the system, as above.
  SendUntilRefused(a, 2, FrameBytes(GetParam()) - 100,
                   GetParam().system_buffer_bytes);
  size_t taken = 0;
  while (taken < 10000 && a->Send(2, Frame()) == SendResult::kSent) ++taken;
  EXPECT_LT(taken, 10000u);
}

TEST_P(TransportConformance, TakesOneFrameWhateverTheBound) {
  Node a(GetParam(), [](TransportSpec& spec) { spec.queue_bytes = 1; });
  Node b(GetParam());
  Link(a, 2, b);
  for (const size_t size : {size_t{0}, GetParam().largest_frame_bytes}) {
    b.frames.clear();
    ASSERT_TRUE(
        SendPatiently(a, 2, Frame{{}, Bytes::Own(Pattern(size))}, {&b}));
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return !b.frames.empty(); }));
    EXPECT_EQ(b.frames[0].frame.size(), size);
  }
}

TEST_P(TransportConformance, AFullPeerHindersNoOther) {
  // stuck never polls, live does.
  Node a(GetParam());
  Node stuck(GetParam());
  Node live(GetParam());
  Link(a, 2, stuck);
  Link(a, 3, live);
  const Flood flood = SendUntilRefused(
      a, 2, FrameBytes(GetParam()) - 100,
      TransportSpec().queue_bytes + GetParam().system_buffer_bytes);
  ASSERT_EQ(flood.refusal, SendResult::kFull);
  for (int i = 0; i < 200; ++i) {
    const std::string bytes = absl::StrCat("live ", i);
    ASSERT_TRUE(SendPatiently(a, 3, Text(bytes), {&live}));
    ASSERT_TRUE(
        RunUntil({&a, &live}, [&] { return live.CountOf(bytes) == 1; }));
  }
}

TEST_P(TransportConformance, AnAbsentPeerTakesNothingAndHindersNoOther) {
  // Connected to where nobody listens. What is kept for it has the same bound
  // as what is kept for anybody.
  Node a(GetParam());
  Node live(GetParam());
  ASSERT_TRUE(a->Connect({2, AbsentUrl(GetParam())}).ok());
  Link(a, 3, live);
  const size_t size = FrameBytes(GetParam()) - 100;
  const Flood flood =
      SendUntilRefused(a, 2, size, 2 * TransportSpec().queue_bytes);
  EXPECT_EQ(flood.refusal, SendResult::kFull);
  EXPECT_LE(flood.bytes, TransportSpec().queue_bytes + size + 100);
  ASSERT_TRUE(SendPatiently(a, 3, Text("live"), {&live}));
  EXPECT_TRUE(RunUntil({&a, &live}, [&] { return live.CountOf("live") == 1; }));
}

TEST_P(TransportConformance, KnowsWhomItDoesNotKnow) {
  Node a(GetParam());
  Node b(GetParam());
  EXPECT_EQ(a->Send(2, Text("x")), SendResult::kUnknown);
  a->Disconnect(2);  // Of no effect.
  Link(a, 2, b);
  EXPECT_EQ(a->Send(3, Text("x")), SendResult::kUnknown);
  a->Disconnect(2);
  EXPECT_EQ(a->Send(2, Text("x")), SendResult::kUnknown);
  Origin nobody;
  EXPECT_EQ(a->Reply(nobody, Text("x")), SendResult::kUnknown);
  nobody.address = "127.0.0.1#zz";
  EXPECT_EQ(a->Reply(nobody, Text("x")), SendResult::kUnknown);
}

TEST_P(TransportConformance, ARequestersEndMakesRepliesUnknown) {
  // b still holds the origin of a frame when its sender has gone.
  Node b(GetParam());
  Origin origin;
  {
    Node a(GetParam());
    Link(a, 2, b);
    ASSERT_TRUE(SendPatiently(a, 2, Text("ask"), {&b}));
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() == 1; }));
    origin = b.frames[0].origin;
  }
  EXPECT_TRUE(RunUntil({&b}, [&] {
    return b->Reply(origin, Text("answer")) == SendResult::kUnknown;
  }));
}

TEST_P(TransportConformance, BoundsTheRepliesToOneWhoDoesNotPoll) {
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  ASSERT_TRUE(SendPatiently(a, 2, Text("ask"), {&b}));
  ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() == 1; }));
  const Frame reply{{}, Bytes::Own(Pattern(FrameBytes(GetParam())))};
  SendResult result = SendResult::kSent;
  size_t bytes = 0;
  const size_t limit_bytes = GetParam().system_buffer_bytes;
  while (result == SendResult::kSent && bytes < limit_bytes) {
    const Clock::time_point begin = Clock::now();
    result = b->Reply(b.frames[0].origin, reply);
    EXPECT_LT(Clock::now() - begin, kAtOnce);
    bytes += reply.size();
  }
  EXPECT_EQ(result, SendResult::kFull);
}

TEST_P(TransportConformance, PollsNoMoreThanTheLimitAndLosesNothingByIt) {
  // Wait() must not sleep while there are more.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  constexpr size_t kFrames = 100;
  for (size_t i = 0; i < kFrames; ++i) {
    ASSERT_TRUE(SendPatiently(a, 2, Text(absl::StrCat(i)), {}));
  }
  const Clock::time_point begin = Clock::now();
  while (b.frames.size() < kFrames &&
         Clock::now() - begin <
             std::chrono::seconds(GetParam().lossless ? 30 : 5)) {
    const size_t before = b.frames.size();
    const int count = b->Poll(/*limit=*/7, b);
    EXPECT_LE(count, 7);
    EXPECT_EQ(b.frames.size(), before + static_cast<size_t>(count));
    if (count < 7) b->Wait(absl::Milliseconds(100));
    if (count == 7 && b.frames.size() < kFrames) {
      const Clock::time_point asleep = Clock::now();
      b->Wait(absl::Seconds(20));
      EXPECT_LT(Clock::now() - asleep, std::chrono::seconds(10));
    }
  }
  if (GetParam().lossless) {
    EXPECT_EQ(b.frames.size(), kFrames);
  }
}

}  // namespace
}  // namespace raft_cluster::internal
