// Status ports that answer, answer something else, do not answer, and are not
// there, asked over real sockets.

#include "raft/cmd/top/fetcher.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "raft/cmd/latch.h"
#include "raft/cmd/top/testing_status_port.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

TEST(Fetcher, AsksAllAndKeepsTheirOrder) {
  StatusPort one, two;
  one.Answer(StatsOf(1, {}));
  two.Answer(StatsOf(2, {PeerStats::SLOW}));
  Fetcher fetcher({two.url(), one.url()});
  for (int i = 0; i < 3; ++i) {
    const auto answers = fetcher.Fetch(kPatience, {});
    ASSERT_EQ(answers.size(), 2u);
    ASSERT_TRUE(answers[0].ok()) << answers[0].status();
    ASSERT_TRUE(answers[1].ok()) << answers[1].status();
    EXPECT_EQ(answers[0]->pid(), 2);
    EXPECT_EQ(answers[0]->peers(0).state(), PeerStats::SLOW);
    EXPECT_EQ(answers[1]->pid(), 1);
  }
}

TEST(Fetcher, SaysWhyThereIsNoAnswer) {
  StatusPort odd, error, empty;
  odd.AnswerRaw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  error.AnswerRaw("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
  empty.AnswerRaw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  std::string gone;
  {
    const StatusPort port;
    gone = port.url();
  }
  Fetcher fetcher({odd.url(), error.url(), empty.url(), gone, "file:///etc"});
  const auto answers = fetcher.Fetch(kPatience, {});
  EXPECT_EQ(answers[0].status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(answers[1].status().message(), "it answers 404");
  EXPECT_EQ(answers[2].status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(answers[3].status().message(), "nobody listens there");
  EXPECT_EQ(answers[4].status().code(), absl::StatusCode::kUnavailable);
}

TEST(Fetcher, LetsOneThatHangsNotKeepTheOthersAnswers) {
  StatusPort one;
  const StatusPort hanging;
  one.Answer(StatsOf(1, {}));
  Fetcher fetcher({hanging.url(), one.url()});
  const auto answers = fetcher.Fetch(absl::Milliseconds(300), {});
  EXPECT_EQ(answers[0].status().message(), "no answer in time");
  EXPECT_TRUE(answers[1].ok()) << answers[1].status();
}

TEST(Fetcher, EndsWhenItIsWoken) {
  const StatusPort hanging;
  Fetcher fetcher({hanging.url()});
  Latch wake;
  wake.Set();
  const absl::Time start = absl::Now();
  const auto answers = fetcher.Fetch(kPatience, {wake.fd()});
  EXPECT_EQ(answers[0].status().code(), absl::StatusCode::kCancelled);
  EXPECT_LT(absl::Now() - start, kPatience);
}

TEST(Fetcher, TakesAFieldOfANewerServer) {
  StatusPort port;
  const std::string json = "{\"pid\": 4, \"invented\": [{}]}";
  port.AnswerRaw(absl::StrCat(
      "HTTP/1.1 200 OK\r\nContent-Length: ", json.size(), "\r\n\r\n", json));
  Fetcher fetcher({port.url()});
  const auto answers = fetcher.Fetch(kPatience, {});
  ASSERT_TRUE(answers[0].ok()) << answers[0].status();
  EXPECT_EQ(answers[0]->pid(), 4);
}

TEST(StatusUrl, TakesWhatPeopleWrite) {
  EXPECT_EQ(StatusUrl("127.0.0.1:8001"), "http://127.0.0.1:8001");
  EXPECT_EQ(StatusUrl("http://one:80/"), "http://one:80");
  EXPECT_EQ(StatusUrl("https://one/raft"), "https://one/raft");
}

}  // namespace
}  // namespace raft_cluster::internal
