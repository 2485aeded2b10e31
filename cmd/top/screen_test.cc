// Whole screens: what people see is what is tested.

#include "raft/cmd/top/screen.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cmd/top/collector.h"
#include "raft/cmd/top/testing_status_port.h"

namespace raft_cluster::internal {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr auto kUp = PeerStats::UP;

ClusterStatus OneIsSilent() {
  Collector collector({"http://a", "http://b", "http://c"});
  Stats one = StatsOf(1, {kUp, kUp, PeerStats::SILENT});
  one.set_unix_us(1'000'000);
  one.mutable_peers(1)->set_queued_bytes(2048);
  one.mutable_peers(1)->set_oldest_untaken_us(3'500'000);
  RecordedEvent* event = one.add_last_events();
  event->mutable_event()->set_kind(Event::PEER_SILENT);
  event->mutable_event()->set_peer(3);
  event->set_unix_us(500'000);
  const Stats two = StatsOf(2, {kUp, kUp, kUp});
  const auto gone = absl::UnavailableError("nobody listens there");
  collector.Add(1, {one, two, StatsOf(3, {kUp, kUp, kUp})});
  one.set_unix_us(2'000'000);
  one.set_sent(1500);
  one.mutable_peers(0)->set_sent_bytes(81'920);
  one.set_late_us(150'000);
  for (const auto& [up_to_us, count] :
       {std::pair<int, int>{127, 90}, {15'359, 10}}) {
    auto* const bucket = one.mutable_peers(0)->mutable_delay()->add_buckets();
    bucket->set_up_to_us(static_cast<uint64_t>(up_to_us));
    bucket->set_count(static_cast<uint64_t>(count));
  }
  collector.Add(2'000'000, {one, two, gone});
  return collector.Collect();
}

TEST(ShowScreen, SaysWhoHearsWhomTheWorstFirst) {
  const std::vector<std::string> lines = ShowScreen(OneIsSilent(), {});
  // The time is that of the place.
  EXPECT_EQ(lines[0].substr(8),
            "  2 of 3 servers answer, 2 in trouble, or with peers that are");
  const std::string rest =
      absl::StrJoin(lines.begin() + 1, lines.begin() + 13, "\n");
  EXPECT_EQ(rest,
            "\n"
            "  hears    1    2    3\n"
            "      3  nobody listens there\n"
            "      1    -   up  SIL\n"
            "      2   up    -   up\n"
            "\n"
            " server    live sent/s recv/s  out/s   in/s queued oldest    p50 "
            "   p99   late\n"
            "      1     1/2   1500      0  81.9k      0   2048   3.5s  127us "
            "15.4ms  150ms\n"
            "      2     2/2      -      -      -      -      0      -      - "
            "     -      -\n"
            "\n"
            "why\n"
            "1 -> 3  SILENT: because of 3");
  EXPECT_THAT(lines.back(), HasSubstr("   1: server 3 is silent"));
}

TEST(ShowScreen, KeepsToItsSize) {
  ScreenOptions options;
  options.columns = 30;
  options.rows = 8;
  const std::vector<std::string> lines = ShowScreen(OneIsSilent(), options);
  EXPECT_THAT(lines, SizeIs(8));
  for (const std::string& line : lines) EXPECT_LE(line.size(), 30u) << line;
}

TEST(ShowScreen, ShowsOfManyServersThoseThatAreNotHeard) {
  std::vector<PeerStats::State> states(40, kUp);
  states[36] = PeerStats::DOWN;
  Collector collector({"a"});
  collector.Add(1, {StatsOf(1, states)});
  const std::vector<std::string> lines = ShowScreen(collector.Collect(), {});
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(lines[2], HasSubstr("  hears   37    1    2"));
  EXPECT_THAT(lines[3], HasSubstr("      1 DOWN    -   up"));
}

TEST(ShowScreen, HasColoursOnlyWhereTheyAreWanted) {
  const ClusterStatus status = OneIsSilent();
  EXPECT_THAT(ShowScreen(status, {}), Each(Not(HasSubstr("\x1b"))));
  ScreenOptions options;
  options.colours = true;
  EXPECT_THAT(ShowScreen(status, options),
              Contains(HasSubstr("\x1b[1;31m  SIL\x1b[0m")));
}

TEST(ShowScreen, LetsNothingSpeakToTheTerminal) {
  Collector collector({"a", "b"});
  Stats stats = StatsOf(1, {kUp, PeerStats::DOWN});
  stats.mutable_peers(0)->set_reason("\x1b[2J\xc2\x9b\x31m\n");
  RecordedEvent* event = stats.add_last_events();
  event->mutable_event()->set_kind(Event::PEER_DOWN);
  event->mutable_event()->set_detail("\x1b]0;title\x07");
  collector.Add(1, {stats, absl::UnavailableError("\x1b[2J")});
  const std::vector<std::string> lines = ShowScreen(collector.Collect(), {});
  EXPECT_THAT(lines, Each(Not(HasSubstr("\x1b"))));
  EXPECT_THAT(lines, Each(Not(HasSubstr("\n"))));
  EXPECT_THAT(lines, Contains(HasSubstr("DOWN: ?[2J?1m?")));
}

TEST(ShowScreen, OfNobodyThatHasEverAnsweredNamesWhomItAsked) {
  Collector collector({"http://127.0.0.1:1"});
  collector.Add(1, {absl::UnavailableError("nobody listens there")});
  EXPECT_THAT(ShowScreen(collector.Collect(), {}),
              Contains("http://127.0.0.1:1  nobody listens there"));
}

}  // namespace
}  // namespace raft_cluster::internal
