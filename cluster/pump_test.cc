// What a pump makes of the time in which it did not run.
#include "cluster/pump.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "transport/loopback/loopback.h"
#include "transport/url.h"

namespace raft {
namespace {

constexpr Micros kSecond = 1000000;

Micros now = 1;

Url UrlOf(Pid pid) { return *ParseUrl(absl::StrCat("loopback://", pid)); }

// Servers 1 and 2, which step on this thread, in a time of their own.
class Stepped : public testing::Test {
 protected:
  Stepped() {
    const Opener open = NewLoopbackNetwork();
    for (Pid pid : {1, 2}) {
      const Pid peer = 3 - pid;
      TransportSpec spec;
      spec.url = UrlOf(pid);
      spec.self = pid;
      EngineOptions options;
      options.link.self = pid;
      options.link.link_budget_bytes = options.link.inbox_budget_bytes = 1000;
      options.link.max_envelope_bytes = 100;
      options.life = {100, static_cast<uint64_t>(pid)};
      options.peers.push_back({peer, UrlOf(peer).ToString()});
      pumps_.push_back(std::make_unique<Pump>(
          *open(spec), std::vector<Pump::Peer>{{peer, UrlOf(peer)}}, options,
          [] { return now; }));
      EXPECT_TRUE(pumps_.back()->Connect().ok());
    }
    Pass(kSecond, {1, 2});
    EXPECT_EQ(StateOfPeer(), PeerStats::UP);
  }

  Pump& pump(Pid pid) { return *pumps_[static_cast<size_t>(pid) - 1]; }

  // Time goes by, in which these are called when they want to be.
  void Pass(Micros duration, const std::vector<Pid>& running) {
    const Micros end = now + duration;
    while (now < end) {
      Micros next = std::min(end, now + 10000);  // Frames may have come.
      for (Pid pid : running) {
        pump(pid).Step();
        next = std::min(next, std::max(pump(pid).Deadline(), now + 1));
      }
      now = next;
    }
  }

  // Of server 2, in the opinion of server 1.
  PeerStats::State StateOfPeer() { return pump(1).GetStats().peers(0).state(); }
  bool SaidSilent() {
    for (;;) {
      const absl::StatusOr<Event> event =
          pump(1).NextEvent(absl::ZeroDuration());
      if (!event.ok()) return false;
      if (event->kind() == Event::PEER_SILENT) return true;
    }
  }

 private:
  std::vector<std::unique_ptr<Pump>> pumps_;
};

TEST_F(Stepped, APeerIsSilentWhoSaysNothingWhileWeListen) {
  Pass(5 * kSecond / 2, {1});
  EXPECT_TRUE(SaidSilent());
}

TEST_F(Stepped, NobodyIsSilentBecauseWeOurselvesDidNotRun) {
  now += 10 * kSecond;
  Pass(kSecond, {1});  // And server 2 not yet.
  EXPECT_FALSE(SaidSilent());
  Pass(kSecond, {1, 2});
  EXPECT_FALSE(SaidSilent());
  EXPECT_EQ(StateOfPeer(), PeerStats::UP);
  EXPECT_EQ(pump(1).GetStats().peers(0).reconnects(), 0u);
}

TEST_F(Stepped, APeerIsSilentWhoSaysNothingAfterWeDidNotRunEither) {
  now += 10 * kSecond;
  Pass(5 * kSecond / 2, {1});
  EXPECT_TRUE(SaidSilent());
}

TEST_F(Stepped, APeerThatWasSilentIsNotUpBecauseWeDidNotRun) {
  Pass(5 * kSecond / 2, {1});
  ASSERT_TRUE(SaidSilent());
  now += 10 * kSecond;
  Pass(kSecond, {1});
  EXPECT_EQ(StateOfPeer(), PeerStats::SILENT);
}

}  // namespace
}  // namespace raft
