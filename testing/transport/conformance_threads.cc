// Wait() and Wake(), and the ownership that moves between threads.

#include <algorithm>
#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/base/mutex.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"

namespace raft_cluster::internal {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kOneThread[] = "all happens in one thread";

absl::Duration Timed(const Node& node, const std::function<void()>& function) {
  const absl::Time begin = node.Now();
  function();
  return node.Now() - begin;
}

TEST_P(TransportConformance, WaitsUntilTheTimeIsOver) {
  // It may return early, but not always: that would be a busy loop.
  Node a(GetParam());
  absl::Duration longest;
  for (int i = 0; i < 20; ++i) {
    a.Poll();
    const absl::Duration waited =
        Timed(a, [&] { a->Wait(absl::Milliseconds(20)); });
    EXPECT_LT(waited, absl::Seconds(10));
    longest = std::max(longest, waited);
  }
  EXPECT_GT(longest, absl::Milliseconds(15));
  a.Poll();
  for (const absl::Duration none :
       {absl::ZeroDuration(), -absl::Seconds(1), -absl::InfiniteDuration()}) {
    EXPECT_LT(Timed(a, [&] { a->Wait(none); }), absl::Seconds(5));
  }
}

TEST_P(TransportConformance, WaitsLongerWithAPeerThatIsNotThere) {
  // Trying to connect again and again must not become a busy loop.
  Node a(GetParam());
  ASSERT_TRUE(a->Connect({2, AbsentUrl(GetParam())}).ok());
  int turns = 0;
  const absl::Time begin = a.Now();
  while (a.Now() - begin < absl::Seconds(2)) {
    a->Wait(absl::Seconds(1));
    a.Poll();
    ++turns;
  }
  EXPECT_LT(turns, 200);
}

TEST_P(TransportConformance, RemembersAWakeUpThatCameBeforeTheWait) {
  Node a(GetParam());
  a.Poll();
  a->Wake();
  EXPECT_LT(Timed(a, [&] { a->Wait(absl::Seconds(60)); }), absl::Seconds(30));
  // From another thread, and through a Poll().
  if (GetParam().virtual_now) {
    a->Wake();
  } else {
    std::thread([&] { a->Wake(); }).join();
  }
  a.Poll();
  EXPECT_LT(Timed(a, [&] { a->Wait(absl::InfiniteDuration()); }),
            absl::Seconds(30));
}

TEST_P(TransportConformance, WakesOneWhoWaits) {
  if (GetParam().virtual_now) GTEST_SKIP() << kOneThread;
  // Over and over, since the interesting moment is that of falling asleep.
  Node a(GetParam());
  std::atomic<int> waits{0};
  std::atomic<bool> done{false};
  std::thread waiting([&] {
    while (!done) {
      a->Wait(absl::Seconds(60));
      ++waits;
    }
  });
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < 1000; ++i) {
    const int before = waits;
    a->Wake();
    while (waits == before && Clock::now() - begin < std::chrono::seconds(50)) {
      std::this_thread::yield();
    }
  }
  done = true;
  a->Wake();
  waiting.join();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(50));
}

// A node whose transport is owned by whoever holds `mu`, and a thread that
// waits, polls and answers.
class Server {
 public:
  explicit Server(const TransportUnderTest& under_test) : node(under_test) {}
  ~Server() { Stop(); }

  void Start() {
    thread_ = std::thread([this] {
      while (!stop_) {
        const absl::Duration slept =
            Timed(node, [this] { node->Wait(absl::Seconds(60)); });
        MutexLock lock(mu);
        longest_sleep = std::max(longest_sleep, slept);
        node.Poll();
        arrived = node.frames.size();
        changed.NotifyAll();
      }
    });
  }

  void Stop() {
    stop_ = true;
    node->Wake();
    if (thread_.joinable()) thread_.join();
  }

  // By anybody; false if nobody ever has room for it.
  bool Send(Pid to, const Frame& frame) {
    for (const Clock::time_point begin = Clock::now();
         Clock::now() - begin < std::chrono::seconds(60);) {
      {
        MutexLock lock(mu);
        if (node->Send(to, frame) == SendResult::kSent) return true;
      }
      std::this_thread::yield();
    }
    return false;
  }

  bool WaitForFrames(size_t count) {
    const Clock::time_point begin = Clock::now();
    MutexLock lock(mu);
    while (arrived < count) {
      if (Clock::now() - begin > std::chrono::seconds(60)) return false;
      changed.WaitFor(mu, std::chrono::milliseconds(100));
    }
    return true;
  }

  Mutex mu;  // The ownership of the transport.
  CondVar changed;
  Node node;
  size_t arrived ABSL_GUARDED_BY(mu) = 0;
  absl::Duration longest_sleep ABSL_GUARDED_BY(mu);

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

TEST_P(TransportConformance, SendsFromManyThreadsWhileOthersWaitAndPoll) {
  if (GetParam().virtual_now) GTEST_SKIP() << kOneThread;
  // Both sides: three threads that send, one that waits and polls. In total as
  // many frames as were sent, each sender's in order.
  constexpr int kSenders = 3;
  constexpr int kFrames = 1000;
  Server a(GetParam());
  Server b(GetParam());
  Link(a.node, 2, b.node);
  Link(b.node, 1, a.node);
  a.Start();
  b.Start();
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    for (Server* server : {&a, &b}) {
      senders.emplace_back([=, to = server == &a ? 2 : 1] {
        for (int i = 0; i < kFrames; ++i) {
          const Frame frame{Bytes::Copy(absl::StrCat(sender, " ", i, " ")),
                            Bytes::Own(Pattern(i % 50 == 0 ? 20000 : 10))};
          ASSERT_TRUE(server->Send(to, frame));
        }
      });
    }
  }
  for (std::thread& sender : senders) sender.join();
  if (GetParam().lossless) {
    EXPECT_TRUE(a.WaitForFrames(kSenders * kFrames));
    EXPECT_TRUE(b.WaitForFrames(kSenders * kFrames));
  }
  for (Server* server : {&a, &b}) {
    server->Stop();
    std::vector<int> next(kSenders, 0);
    for (const Node::Arrived& arrived : server->node.frames) {
      const std::string bytes = arrived.bytes();
      const int sender = std::stoi(bytes);
      const int number = std::stoi(bytes.substr(bytes.find(' ')));
      if (GetParam().lossless && server->node->properties().fifo) {
        EXPECT_EQ(number, next[sender]);
      }
      next[sender] = number + 1;
    }
  }
}

TEST_P(TransportConformance, NoFrameIsOverlookedByOneWhoWaits) {
  if (GetParam().virtual_now) GTEST_SKIP() << kOneThread;
  // Question and answer, one at a time, while other threads keep touching both
  // transports: whatever they see on the way must not be lost on the one who
  // sleeps. The answer comes the way of Reply() and that of Send() in turn.
  constexpr int kRounds = 1000;
  Server a(GetParam());
  Server b(GetParam());
  Link(a.node, 2, b.node);
  Link(b.node, 1, a.node);
  a.Start();
  b.Start();
  std::atomic<bool> done{false};
  std::thread meddler([&] {
    // A refused frame, so that it does not show.
    const Frame huge{{}, Bytes::Own(std::string((size_t{1} << 20) + 1, 'x'))};
    const Frame empty;
    while (!done) {
      for (Server* server : {&a, &b}) {
        MutexLock lock(server->mu);
        server->node->Send(server == &a ? 2 : 1, huge);
        server->node->Reply(Origin(), empty);
      }
      std::this_thread::yield();
    }
  });
  for (size_t i = 1; i <= kRounds; ++i) {
    ASSERT_TRUE(a.Send(2, Text("question"))) << i;
    ASSERT_TRUE(b.WaitForFrames(i)) << i;
    if (i % 2 == 0) {
      ASSERT_TRUE(b.Send(1, Text("answer"))) << i;
    } else {
      MutexLock lock(b.mu);
      ASSERT_EQ(b.node->Reply(b.node.frames.back().origin, Text("answer")),
                SendResult::kSent);
    }
    ASSERT_TRUE(a.WaitForFrames(i)) << i;
  }
  done = true;
  meddler.join();
  for (Server* server : {&a, &b}) {
    server->Stop();
    MutexLock lock(server->mu);
    EXPECT_LT(server->longest_sleep, absl::Seconds(30));
  }
}

TEST_P(TransportConformance, ConnectsWhileAnotherThreadWaits) {
  if (GetParam().virtual_now) GTEST_SKIP() << kOneThread;
  // The one who waits must notice what the connection needs from it.
  Server a(GetParam());
  Node b(GetParam());
  // Who proves its peers lets nobody in while it is not polled.
  if (b->properties().proves_peers) return;
  a.Start();
  const Clock::time_point begin = Clock::now();
  {
    MutexLock lock(a.mu);
    ASSERT_TRUE(a.node->Connect({2, b->url()}).ok());
  }
  EXPECT_TRUE(a.Send(2, Text("hello")));
  EXPECT_TRUE(RunUntil({&b}, [&] { return b.CountOf("hello") == 1; }));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(30));
}

TEST_P(TransportConformance, ConnectsWhileThreadsWaitAtBothEnds) {
  if (GetParam().virtual_now) GTEST_SKIP() << kOneThread;
  // The one who waits must notice what the connection needs from it, at either
  // end.
  Server a(GetParam());
  Server b(GetParam());
  a.Start();
  b.Start();
  const Clock::time_point begin = Clock::now();
  {
    MutexLock lock(a.mu);
    ASSERT_TRUE(a.node->Connect({2, b.node->url()}).ok());
  }
  EXPECT_TRUE(a.Send(2, Text("hello")));
  EXPECT_TRUE(b.WaitForFrames(1));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(30));
}

}  // namespace
}  // namespace raft_cluster::internal
