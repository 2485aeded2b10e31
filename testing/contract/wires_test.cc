// Real TCP connections that do what real ones do under load: they are reset,
// half closed, cut in the middle of a frame, swallow everything, stand still
// or trickle, or somebody changes what they carry. Whatever it was, nothing is
// lost, doubled or out of order, and once it is over everything flows again.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/time/clock.h"
#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/proxy/proxies.h"
#include "raft/testing/proxy/proxy.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

using Way = TcpProxy::Way;
using Cut = TcpProxy::Cut;

// Long enough that a healthy link would be noticed to be broken.
const absl::Duration kOutage = 3 * kShortFailureTimeout;
// Cuts of one link that a test waits for.
constexpr int kCuts = 10;

// Two servers, each behind a proxy, that send to each other all the time. What
// goes wrong happens to the connection from server 1 to server 2.
class Wires : public ClusterTest {
 protected:
  void SetUp() override {
    Options options = SmallBudgets();
    options.failure_timeout = kShortFailureTimeout;
    LocalCluster::Setup setup = With(options);
    // Shared with the cluster, whose servers it has to outlive.
    setup.config_of = [proxies = proxies_](Pid pid, const Config& config) {
      return proxies->ConfigOf(pid, config);
    };
    cluster_ = &NewCluster(2, setup);
    cluster_->CollectAll();
  }
  void TearDown() override {
    StopSending();
    ClusterTest::TearDown();
  }

  TcpProxy& proxy() { return proxies_->to(2); }

  // Envelopes of up to so many bytes.
  void StartSending(size_t bytes = 2000) {
    bytes_ = bytes;
    for (Pid pid : {1, 2}) {
      senders_.emplace_back(
          [this, pid, bytes, sender = cluster_->NewSender(pid)]() mutable {
            for (size_t i = 1; !done_; ++i) {
              ASSERT_THAT(sender.Send(3 - pid, i * 7919 % bytes, 2 * kPatience),
                          IsOk());
            }
          });
    }
    EXPECT_TRUE(Flows());
  }
  void StopSending() {
    done_ = true;
    for (std::thread& sender : senders_) sender.join();
    senders_.clear();
  }

  uint64_t Taken(Pid from) {
    return LedgerOf((*cluster_)[from], 3 - from).taken();
  }
  // Both ways much more is taken than can have been under way.
  bool Flows() {
    const uint64_t many = (uint64_t{1} << 20) / bytes_;
    const uint64_t one = Taken(1) + many;
    const uint64_t two = Taken(2) + many;
    return Eventually([&] { return Taken(1) >= one && Taken(2) >= two; });
  }
  bool Sees(Pid at, PeerStats::State state) {
    return Eventually(
        [&] { return StatsOf((*cluster_)[at], 3 - at).state() == state; });
  }
  // All is over: it flows, and nothing is left behind.
  void ExpectHealed() {
    EXPECT_TRUE(Flows());
    StopSending();
    EXPECT_THAT(cluster_->local().WaitUntilTaken(kPatience), IsOk());
    EXPECT_TRUE(Sees(1, PeerStats::UP));
    EXPECT_TRUE(Sees(2, PeerStats::UP));
  }
  bool WasCut(int times) {
    return Eventually([&] { return proxy().counts().cut >= times; });
  }

  std::shared_ptr<Proxies> proxies_ = std::make_shared<Proxies>();
  RecordedCluster* cluster_ = nullptr;

 private:
  size_t bytes_ = 0;
  std::atomic<bool> done_{false};
  std::vector<std::thread> senders_;
};

TEST_P(Wires, ThatAreResetAfterSoManyBytesAgainAndAgain) {
  proxy().CutAfter(200000, Cut::kReset);
  StartSending();
  EXPECT_TRUE(WasCut(kCuts));
  proxy().CutAfter(0, Cut::kReset);
  ExpectHealed();
  EXPECT_GE(StatsOf((*cluster_)[1], 2).reconnects(), uint64_t{kCuts} - 1);
}

// The envelopes are so large that nearly every byte is in the midst of one.
TEST_P(Wires, ThatEndInTheMiddleOfAFrame) {
  proxy().CutAfter(199999, Cut::kClose);
  StartSending(/*bytes=*/60000);
  EXPECT_TRUE(WasCut(kCuts));
  proxy().CutAfter(0, Cut::kClose);
  ExpectHealed();
  EXPECT_GT(StatsOf((*cluster_)[1], 2).frames_resent(), 0u);
}

TEST_P(Wires, ThatAreHalfClosedEitherWay) {
  StartSending();
  for (Way way : {Way::kThere, Way::kBack, Way::kThere, Way::kBack}) {
    const int accepted = proxy().counts().accepted;
    proxy().HalfClose(way);
    // Half a connection is none: it is made anew.
    EXPECT_TRUE(
        Eventually([&] { return proxy().counts().accepted > accepted; }));
    EXPECT_TRUE(Flows());
  }
  ExpectHealed();
}

// The connection stays, and looks well to those who made it.
TEST_P(Wires, ThatSwallowEverythingThatIsSent) {
  StartSending();
  proxy().Darken(Way::kThere);
  EXPECT_TRUE(Sees(2, PeerStats::SILENT));
  absl::SleepFor(kOutage);
  proxy().Lighten(Way::kThere);
  ExpectHealed();
}

// Connections are made, but nobody ever answers.
TEST_P(Wires, ThatSwallowEveryAnswerToAHandshake) {
  StartSending();
  proxy().Darken(Way::kBack);
  proxy().CutAll(Cut::kReset);
  EXPECT_TRUE(Sees(2, PeerStats::SILENT));
  absl::SleepFor(kOutage);
  proxy().Lighten(Way::kBack);
  ExpectHealed();
}

TEST_P(Wires, ThatStandStillForAWhile) {
  StartSending();
  proxy().Freeze();
  EXPECT_TRUE(Sees(2, PeerStats::SILENT));
  absl::SleepFor(kOutage);
  proxy().Thaw();
  ExpectHealed();
}

TEST_P(Wires, ThatTrickleByteByByte) {
  StartSending();
  proxy().Throttle(/*bytes_per_second=*/1);
  EXPECT_TRUE(Sees(2, PeerStats::SILENT));
  absl::SleepFor(kOutage);
  proxy().Throttle(0);
  ExpectHealed();
}

// Too slow for what waits to be sent, and yet everything gets there.
TEST_P(Wires, ThatAreSlowCarryAllTheSame) {
  proxy().Throttle(/*bytes_per_second=*/200000);
  StartSending();  // Waits until much has been taken.
  proxy().Throttle(0);
  ExpectHealed();
}

// Somebody in the middle changes what passes, ZeroMQ's own bytes, handshakes
// and headers among it. Without keys he could forge as well, but does not
// reckon checksums.
TEST_P(Wires, WithSomebodyInTheMiddleCarryNothingThatHeChanged) {
  constexpr int kTimes = 4;  // Each costs a connection.
  StartSending();
  for (const Tampering how : {Tampering::kFlip, Tampering::kLeaveOut,
                              Tampering::kRepeat, Tampering::kSwap}) {
    const int before = proxy().counts().tampered;
    proxy().Tamper(how, /*period_bytes=*/30011);
    EXPECT_TRUE(
        Eventually([&] { return proxy().counts().tampered >= before + kTimes; },
                   2 * kPatience));
    proxy().Tamper(how, 0);
    EXPECT_TRUE(Flows());
  }
  ExpectHealed();
}

// Server 1 has a config that gives server 3 an address at which server 2 hears
// everything, as a wrong name or a forwarded port may.
TEST(Aliases, OfAServerBringItNothingTwice) {
  constexpr uint64_t kEnvelopes = 100;
  const auto alias = std::make_shared<std::unique_ptr<TcpProxy>>();
  LocalCluster::Setup setup;
  setup.late = {3};
  setup.config_of = [alias](Pid pid, Config config) -> absl::StatusOr<Config> {
    if (pid != 1) return config;
    auto proxy = TcpProxy::Start(*ParseUrl(config.object().servers(1).url()));
    if (!proxy.ok()) return proxy.status();
    *alias = *std::move(proxy);
    config.mutable_object()->mutable_servers(2)->set_url(
        (*alias)->url().ToString());
    return config;
  };
  const LocalCluster cluster(3, "tcp", setup);
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  for (uint64_t id = 1; id <= kEnvelopes; ++id) {
    ASSERT_THAT(cluster[1].outbox().TrySend(kBroadcast, "hello", id), IsOk());
  }
  for (uint64_t id = 1; id <= kEnvelopes; ++id) {
    const auto got = cluster[2].inbox().Receive(kPatience);
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->id(), id);
  }
  EXPECT_TRUE(Eventually([&] {
    const auto event = cluster[2].NextEvent(absl::ZeroDuration());
    return event.ok() && event->refusal() == Refusal::MISROUTED;
  }));
  EXPECT_THAT(cluster[2].inbox().Receive(absl::ZeroDuration()),
              HasCode(absl::StatusCode::kDeadlineExceeded));
  EXPECT_EQ(StatsOf(cluster[1], 3).state(), PeerStats::CONNECTING);
  EXPECT_EQ(LedgerOf(cluster[1], 3).accepted(), kEnvelopes);
  EXPECT_EQ(LedgerOf(cluster[1], 3).taken(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Proxied, Wires,
                         ::testing::Values("tcp", "curve_tcp", "plain"),
                         SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
