// A user's Handler on a live server, under Run() and in a loop that polls.

#include "raft/cluster/handler.h"

#include <poll.h>

#include <algorithm>
#include <future>  // NOLINT(build/c++11)
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <tuple>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "raft/cluster/driver.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

using Way = absl::Status (*)(Server& server, Handler& handler);

absl::Status RunPolled(Server& server, Handler& handler) {
  Driver driver(server, handler);
  const absl::StatusOr<int> fd = driver.fd();
  if (!fd.ok()) return fd.status();
  absl::Status status;
  while (!driver.done()) {
    pollfd polled = {*fd, POLLIN, 0};
    const auto patience_ms =
        static_cast<int>(kPatience / absl::Milliseconds(1));
    if (poll(&polled, 1, patience_ms) == 0) {
      return absl::InternalError("the descriptor never was readable");
    }
    status = driver.Turn();
  }
  EXPECT_EQ(driver.Turn(), status) << "once more";
  return status;
}

class RunHandler : public testing::TestWithParam<std::tuple<std::string, Way>> {
 protected:
  static const std::string& scheme() { return std::get<0>(GetParam()); }
  static absl::Status RunIn(Server& server, Handler& handler) {
    return std::get<1>(GetParam())(server, handler);
  }
};

// Counts up in turns with its peer, and stops at the last number.
class Counter : public Handler {
 public:
  static constexpr int kLast = 200;

  void OnStart(Context& context) override {
    if (context.pid() == 1) Say(context, context.peers().front(), 1);
  }
  void OnEnvelope(Context& context, const Received& got) override {
    int number = 0;
    EXPECT_TRUE(absl::SimpleAtoi(got.msg(), &number));
    EXPECT_EQ(number, expected_ == 0 ? number : expected_);
    if (number < kLast) Say(context, got.from(), number + 1);
    if (number >= kLast - 1) context.Stop();
    last_ = number;
  }
  int last() const { return last_; }

 private:
  void Say(Context& context, Pid to, int number) {
    EXPECT_THAT(context.TrySend(to, absl::StrCat(number)), IsOk());
    expected_ = number + 1;
  }

  int expected_ = 0;
  int last_ = 0;
};

TEST_P(RunHandler, IsCalledWithEnvelopesUntilItStops) {
  const LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.status(), IsOk());
  Counter one, two;
  std::thread thread([&] { EXPECT_THAT(RunIn(cluster[1], one), IsOk()); });
  EXPECT_THAT(RunIn(cluster[2], two), IsOk());
  thread.join();
  EXPECT_EQ(std::max(one.last(), two.last()), Counter::kLast);
  EXPECT_EQ(std::min(one.last(), two.last()), Counter::kLast - 1);
}

// Sends many at once, of which one is to nobody.
class ManySender : public Handler {
 public:
  void OnStart(Context& context) override {
    const std::vector<ToSend> envelopes = {{2, "a"}, {2, "b"}, {9, "c"}};
    sent = context.TrySendMany(envelopes);
    context.Stop();
  }
  void OnEnvelope(Context&, const Received&) override {}

  SentMany sent;
};

TEST_P(RunHandler, SendsManyUpToTheFirstThatIsRefused) {
  const LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(kPatience), IsOk());
  ManySender handler;
  EXPECT_THAT(RunIn(cluster[1], handler), IsOk());
  EXPECT_EQ(handler.sent.accepted, 2u);
  EXPECT_THAT(handler.sent.status, HasCode(absl::StatusCode::kNotFound));
  for (const std::string msg : {"a", "b"}) {
    const auto got = cluster[2].inbox().Receive(kPatience);
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->msg(), msg);
  }
}

// Writes down its calls.
class Notes : public Handler {
 public:
  explicit Notes(size_t stop_after) : stop_after_(stop_after) {}
  void OnStart(Context& context) override {
    context.SetTimer(1, absl::Milliseconds(30));
    context.SetTimer(2, absl::Milliseconds(10));
    context.SetTimer(3, absl::Milliseconds(1));
    context.SetTimer(4, absl::Milliseconds(20));
    context.SetTimer(1, absl::Milliseconds(15));
    context.SetTimer(3, absl::InfiniteDuration());
  }
  void OnTimer(Context& context, int timer) override {
    Note(context, absl::StrCat("timer ", timer));
  }
  void OnEnvelope(Context& context, const Received& got) override {
    Note(context, std::string(got.msg()));
  }
  void OnEvent(Context& context, const Event& event) override {
    if (event.kind() == Event::PEER_RESTARTED) Note(context, "restarted");
  }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void Note(Context& context, const std::string& note) {
    notes_.push_back(note);
    if (notes_.size() == stop_after_) context.Stop();
  }
  const size_t stop_after_;
  std::vector<std::string> notes_;
};

TEST_P(RunHandler, HasTimersThatFireOnceInTheirOrder) {
  const LocalCluster cluster(1, scheme());
  ASSERT_THAT(cluster.status(), IsOk());
  Notes notes(3);
  EXPECT_THAT(RunIn(cluster[1], notes), IsOk());
  EXPECT_THAT(notes.notes(),
              testing::ElementsAre("timer 2", "timer 1", "timer 4"));
}

// Nobody looked while server 1 died and came back.
TEST_P(RunHandler, HearsOfARestartBetweenTheEnvelopesOfTheTwoLives) {
  LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  const auto send = [&](const char* msg, uint64_t received) {
    EXPECT_THAT(cluster[1].outbox().TrySend(2, msg), IsOk());
    EXPECT_TRUE(
        Eventually([&] { return cluster[2].stats().received() == received; }));
  };
  send("old", 1);
  ASSERT_THAT(cluster.Restart(1), IsOk());
  send("new", 2);
  class Story : public Notes {
   public:
    using Notes::Notes;
    void OnStart(Context&) override {}
  };
  Story story(3);
  EXPECT_THAT(RunIn(cluster[2], story), IsOk());
  EXPECT_THAT(story.notes(), testing::ElementsAre("old", "restarted", "new"));
}

// Sleeps over the first envelope until it is woken, and stops.
class Sleeper : public Handler {
 public:
  void OnEnvelope(Context& context, const Received&) override {
    asleep.set_value();
    wake.get_future().wait();
    context.Stop();
  }
  std::promise<void> asleep, wake;
};

TEST_P(RunHandler, ThatSleepsDelaysNobody) {
  Options options;
  options.failure_timeout = kShortFailureTimeout;
  const LocalCluster cluster(3, scheme(), With(options));
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Sleeper sleeper;
  std::thread thread([&] { EXPECT_THAT(RunIn(cluster[2], sleeper), IsOk()); });
  EXPECT_THAT(cluster[1].outbox().TrySend(2, "sleep"), IsOk());
  EXPECT_EQ(
      sleeper.asleep.get_future().wait_for(absl::ToChronoSeconds(kPatience)),
      std::future_status::ready);

  // Its server speaks and listens, and so do the others.
  const absl::Time end = absl::Now() + 3 * kShortFailureTimeout;
  while (absl::Now() < end) {
    EXPECT_THAT(cluster[1].outbox().TrySend(2, "wait"), IsOk());
    for (Pid from : {1, 2}) {
      EXPECT_THAT(cluster[from].outbox().TrySend(3, "hello"), IsOk());
      const auto got = cluster[3].inbox().Receive(kPatience);
      EXPECT_THAT(got, IsOk());
      EXPECT_EQ(got.ok() ? got->from() : 0, from);
    }
  }
  for (auto event = cluster[1].NextEvent(absl::ZeroDuration()); event.ok();
       event = cluster[1].NextEvent(absl::ZeroDuration())) {
    EXPECT_NE(event->kind(), Event::PEER_SILENT) << event->ShortDebugString();
  }
  // There is room for what waits.
  EXPECT_EQ(StatsOf(cluster[1], 2).state(), PeerStats::UP);
  EXPECT_EQ(StatsOf(cluster[1], 2).reconnects(), 0u);
  sleeper.wake.set_value();
  thread.join();
}

TEST_P(RunHandler, EndsWhenTheServerCloses) {
  const LocalCluster cluster(2, scheme());
  ASSERT_THAT(cluster.status(), IsOk());
  std::thread thread([&] {
    Notes notes(1000);
    EXPECT_THAT(RunIn(cluster[1], notes), IsOk());
  });
  EXPECT_THAT(cluster[1].WaitForPeers(1, kPatience), IsOk());
  cluster[1].Close(absl::Seconds(1)).IgnoreError();
  thread.join();
}

TEST_P(RunHandler, SaysWhyTheInboxClosed) {
  Options options;
  options.idle_timeout = absl::Milliseconds(50);
  const LocalCluster cluster(2, scheme(), With(options));
  ASSERT_THAT(cluster.status(), IsOk());
  Notes notes(1000);
  EXPECT_THAT(RunIn(cluster[1], notes),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "idle"));
}

// Its timer is always due, and would be called once more.
TEST_P(RunHandler, IsNotCalledAgainOnceTheServerIsInterrupted) {
  const LocalCluster cluster(1, scheme());
  ASSERT_THAT(cluster.status(), IsOk());
  class Ender : public Handler {
   public:
    explicit Ender(Server* server) : server_(*server) {}
    void OnStart(Context& context) override { OnTimer(context, 1); }
    void OnTimer(Context& context, int) override {
      context.SetTimer(1, absl::ZeroDuration());
      if (++calls_ == 5) server_.Interrupt();
    }
    void OnEnvelope(Context&, const Received&) override {}
    int calls() const { return calls_; }

   private:
    Server& server_;
    int calls_ = 0;
  };
  Ender ender(&cluster[1]);
  EXPECT_THAT(RunIn(cluster[1], ender), HasCode(absl::StatusCode::kCancelled));
  EXPECT_EQ(ender.calls(), 5);
  Ender late(&cluster[1]);
  EXPECT_THAT(RunIn(cluster[1], late), HasCode(absl::StatusCode::kCancelled));
  EXPECT_EQ(late.calls(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, RunHandler,
    testing::Combine(AllSchemes(),
                     testing::Values(&raft_cluster::Run, &RunPolled)),
    [](const testing::TestParamInfo<std::tuple<std::string, Way>>& info) {
      return absl::StrCat(
          std::get<0>(info.param),
          std::get<1>(info.param) == &RunPolled ? "_polled" : "_run");
    });

}  // namespace
}  // namespace raft_cluster::internal
