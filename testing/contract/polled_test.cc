// A loop of the user's own, which waits for descriptors alone: of a server, and
// of a driver with its handler.
#include <poll.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/cluster/driver.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kClosed = absl::StatusCode::kFailedPrecondition;

bool Readable(int number, absl::Duration timeout = absl::ZeroDuration()) {
  pollfd fd = {number, POLLIN, 0};
  return poll(&fd, 1, static_cast<int>(timeout / absl::Milliseconds(1))) == 1;
}

class Polled : public testing::TestWithParam<std::string> {
 protected:
  // Takes all that is there.
  static void Drain(Server& server) {
    while (server.TryNextEvent().ok() || server.inbox().TryReceive().ok()) {
    }
  }
};

TEST_P(Polled, IsReadableExactlyWhileSomethingWaits) {
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Server& server = cluster[1];
  const absl::StatusOr<int> fd = server.fd();
  ASSERT_THAT(fd, IsOk());
  EXPECT_EQ(*server.fd(), *fd) << "one, however often it is asked for";
  EXPECT_TRUE(Readable(*fd)) << "its peer came up before it was asked for";
  Drain(server);
  EXPECT_FALSE(Readable(*fd));

  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(cluster[2].outbox().TrySend(1, "hello"), IsOk());
    EXPECT_THAT(cluster[2].outbox().TrySend(1, "hello"), IsOk());
    EXPECT_TRUE(Readable(*fd, kPatience));
    EXPECT_TRUE(Eventually([&] { return server.inbox().TryReceive().ok(); }));
    EXPECT_TRUE(Readable(*fd, kPatience)) << "the other one";
    EXPECT_TRUE(Eventually([&] { return server.inbox().TryReceive().ok(); }));
    EXPECT_FALSE(Readable(*fd));
  }
  // Nor does it say what one who waits has taken.
  EXPECT_THAT(cluster[2].outbox().TrySend(1, "hello"), IsOk());
  EXPECT_THAT(server.inbox().Receive(kPatience), IsOk());
  EXPECT_FALSE(Readable(*fd));

  ASSERT_THAT(cluster.Restart(2), IsOk());
  EXPECT_TRUE(Readable(*fd, kPatience));
  EXPECT_THAT(server.TryNextEvent(), IsOk());
  EXPECT_THAT(cluster.WaitUntilUp(), IsOk());
  Drain(server);
  EXPECT_FALSE(Readable(*fd));
}

TEST_P(Polled, MissesNothingOfWhatManySend) {
  constexpr int kEach = 10000;
  LocalCluster cluster(3, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Server& server = cluster[1];
  const absl::StatusOr<int> fd = server.fd();
  ASSERT_THAT(fd, IsOk());
  std::vector<std::thread> senders;
  for (Pid pid : {2, 3}) {
    senders.emplace_back([&cluster, pid] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_THAT(cluster[pid].outbox().Send(1, "hello", kPatience), IsOk());
      }
    });
  }
  std::vector<Received> batch;
  while (batch.size() < 2 * kEach) {
    ASSERT_TRUE(Readable(*fd, kPatience)) << "after " << batch.size();
    server.inbox().TryReceiveBatch(100, batch).IgnoreError();
    server.TryNextEvent().IgnoreError();
  }
  for (std::thread& sender : senders) sender.join();
  Drain(server);
  EXPECT_FALSE(Readable(*fd));
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

TEST_P(Polled, IsToldOfAnEnd) {
  Options options;
  options.idle_timeout = absl::Milliseconds(300);
  LocalCluster cluster(3, GetParam(), With(options));
  ASSERT_THAT(cluster.status(), IsOk());
  std::vector<int> fds;
  for (Pid pid : {1, 2, 3}) {
    const absl::StatusOr<int> fd = cluster[pid].fd();
    ASSERT_THAT(fd, IsOk());
    fds.push_back(*fd);
    Drain(cluster[pid]);
  }
  cluster[1].Interrupt();
  EXPECT_TRUE(Readable(fds[0]));
  EXPECT_THAT(cluster[1].inbox().TryReceive(),
              HasCode(absl::StatusCode::kCancelled));
  cluster[2].Close(absl::ZeroDuration()).IgnoreError();
  EXPECT_TRUE(Readable(fds[1]));
  EXPECT_THAT(cluster[2].inbox().TryReceive(), HasCode(kClosed));
  absl::StatusOr<Received> idle = cluster[3].inbox().TryReceive();
  while (idle.status().code() == kUnavailable) {
    ASSERT_TRUE(Readable(fds[2], kPatience));
    cluster[3].TryNextEvent().IgnoreError();
    idle = cluster[3].inbox().TryReceive();
  }
  EXPECT_THAT(idle, HasCodeAndText(kClosed, "idle"));
  for (int fd : fds) EXPECT_TRUE(Readable(fd)) << "for good";
}

// With nothing but TrySend, the descriptor and the event: no timer, no wait.
TEST_P(Polled, SendsOnWhenItIsToldOfRoom) {
  constexpr uint64_t kCount = 20000;
  LocalCluster cluster(2, GetParam(), With(SmallBudgets()));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Server& server = cluster[1];
  const absl::StatusOr<int> fd = server.fd();
  ASSERT_THAT(fd, IsOk());
  std::thread taking([&] {
    for (uint64_t id = 1; id <= kCount; ++id) {
      const auto got = cluster[2].inbox().Receive(kPatience);
      ASSERT_THAT(got, IsOk());
      ASSERT_EQ(got->id(), id);
    }
  });
  const std::string msg(1000, 'x');
  int refused = 0;
  for (uint64_t id = 1; id <= kCount;) {
    const absl::Status sent = server.outbox().TrySend(2, msg, id).status();
    if (sent.ok()) {
      ++id;
      continue;
    }
    ASSERT_THAT(sent, HasCode(absl::StatusCode::kResourceExhausted));
    ++refused;
    for (bool room = false; !room;) {
      ASSERT_TRUE(Readable(*fd, kPatience)) << "never told, at " << id;
      const absl::StatusOr<Event> event = server.TryNextEvent();
      room = event.ok() && event->kind() == Event::ROOM && event->peer() == 2;
    }
  }
  taking.join();
  EXPECT_GT(refused, 0);
  EXPECT_THAT(cluster.WaitUntilTaken(), IsOk());
  EXPECT_THAT(cluster.CheckLedgers(), IsOk());
}

// ---- A driver ---------------------------------------------------------------

class Counting : public Handler {
 public:
  void OnStart(Context&) override { ++starts; }
  void OnEnvelope(Context&, const Received&) override { ++envelopes; }
  void OnEvent(Context&, const Event&) override { ++events; }
  void OnTimer(Context&, int) override { ++timers; }

  int starts = 0, envelopes = 0, events = 0, timers = 0;
};

// Turns as often as it is readable.
void TurnUntilIdle(Driver& driver, int fd) {
  while (Readable(fd)) EXPECT_THAT(driver.Turn(), IsOk());
}

TEST_P(Polled, DriverIsReadableWhileThereIsSomethingToCall) {
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Counting counting;
  Driver driver(cluster[1], counting);
  const absl::StatusOr<int> fd = driver.fd();
  ASSERT_THAT(fd, IsOk());
  EXPECT_EQ(*driver.fd(), *fd);
  // Its start, and that its peer came up.
  EXPECT_TRUE(Readable(*fd));
  EXPECT_EQ(counting.starts, 0);
  TurnUntilIdle(driver, *fd);
  EXPECT_EQ(counting.starts, 1);
  EXPECT_GE(counting.events, 1);

  EXPECT_THAT(cluster[2].outbox().TrySend(1, "hello"), IsOk());
  EXPECT_TRUE(Readable(*fd, kPatience));
  TurnUntilIdle(driver, *fd);
  EXPECT_EQ(counting.envelopes, 1);

  // From another thread, while the loop waits.
  bool called = false;
  std::thread thread([&] {
    EXPECT_THAT(driver.Post([&](Context& context) {
      called = true;
      context.SetTimer(1, absl::Milliseconds(20));
      context.SetTimer(2, absl::Hours(1));
    }),
                IsOk());
  });
  EXPECT_TRUE(Readable(*fd, kPatience));
  thread.join();
  TurnUntilIdle(driver, *fd);
  EXPECT_TRUE(called);
  while (counting.timers == 0) {
    ASSERT_TRUE(Readable(*fd, kPatience));
    EXPECT_THAT(driver.Turn(), IsOk());
  }
  EXPECT_EQ(counting.timers, 1);
  EXPECT_FALSE(driver.done());
}

TEST_P(Polled, DriverLetsTheRestOfTheLoopIn) {
  constexpr int kMany = 1000;
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  for (int i = 0; i < kMany; ++i) {
    ASSERT_THAT(cluster[2].outbox().TrySend(1, "hello"), IsOk());
  }
  ASSERT_TRUE(
      Eventually([&] { return cluster[1].stats().received() == kMany; }));
  Counting counting;
  Driver driver(cluster[1], counting);
  const absl::StatusOr<int> fd = driver.fd();
  ASSERT_THAT(fd, IsOk());
  EXPECT_THAT(driver.Turn(), IsOk());
  EXPECT_GT(counting.envelopes, 0);
  EXPECT_LT(counting.envelopes, kMany);
  EXPECT_TRUE(Readable(*fd));
  TurnUntilIdle(driver, *fd);
  EXPECT_EQ(counting.envelopes, kMany);
}

TEST_P(Polled, DriverEndsAsItsServerDoes) {
  LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Counting counting;
  for (Pid pid : {1, 2}) {
    Server& server = cluster[pid];
    Driver driver(server, counting);
    const absl::StatusOr<int> fd = driver.fd();
    ASSERT_THAT(fd, IsOk());
    TurnUntilIdle(driver, *fd);
    if (pid == 1) {
      server.Interrupt();
    } else {
      server.Close(absl::ZeroDuration()).IgnoreError();
    }
    EXPECT_TRUE(Readable(*fd, kPatience));
    absl::Status status;
    while (!driver.done()) status = driver.Turn();
    EXPECT_EQ(status.code(),
              pid == 1 ? absl::StatusCode::kCancelled : absl::StatusCode::kOk);
    EXPECT_EQ(driver.Turn(), status);
    EXPECT_TRUE(Readable(*fd)) << "for good";
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, Polled, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
