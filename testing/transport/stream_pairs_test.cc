// One connection for each pair of servers, and who gets what is sent over it.

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/testing/transport/raw_peer.h"
#include "raft/testing/transport/resources.h"
#include "raft/transport/stream/plain.h"
#include "raft/transport/stream/preamble.h"
#include "raft/transport/stream/record_queue.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

TransportUnderTest Plain() {
  TransportUnderTest under_test;
  under_test.open = PlainTransport();
  under_test.fresh_url = [] {
    return ParseUrl(absl::StrCat("plain://", OwnAddress(), ":0")).value();
  };
  return under_test;
}

TransportUnderTest Unix() {
  TransportUnderTest under_test;
  under_test.open = PlainTransport();
  under_test.fresh_url = [] {
    static int count = 0;
    return ParseUrl(
               absl::StrCat("unix:///tmp/raft-pairs-", getpid(), "-", ++count))
        .value();
  };
  return under_test;
}

// A server of this pid.
std::unique_ptr<Node> Server(const TransportUnderTest& under_test, Pid self) {
  return std::make_unique<Node>(
      under_test, [self](TransportSpec& spec) { spec.self = self; });
}

std::string Greeting(Pid self, Pid called) {
  stream::Preamble preamble;
  preamble.self = self;
  preamble.called = called;
  preamble.max_frame_bytes = 1000;
  return stream::Encode(preamble);
}

class StreamPairs : public testing::TestWithParam<TransportUnderTest> {
 protected:
  // Both are up, and have nothing to do any more.
  void Settle(Node& low, Node& high, int descriptors) {
    ASSERT_TRUE(RunUntil({&low, &high},
                         [&] {
                           return low.connections[2] > 0 &&
                                  high.connections[1] > 0 &&
                                  OpenDescriptors() == descriptors;
                         }))
        << OpenDescriptors() << " descriptors";
  }
  // What was sent to a former life may be gone.
  void ExpectToTalkAtLast(Node& low, Node& high, const std::string& bytes) {
    EXPECT_TRUE(RunUntil({&low, &high}, [&] {
      if (low.CountOf(bytes) == 0) high->Send(1, Text(bytes));
      if (high.CountOf(bytes) == 0) low->Send(2, Text(bytes));
      return low.CountOf(bytes) > 0 && high.CountOf(bytes) > 0;
    })) << bytes;
  }
  void ExpectToTalk(Node& low, Node& high, const std::string& bytes) {
    ASSERT_TRUE(SendPatiently(low, 2, Text(bytes), {&high}));
    ASSERT_TRUE(SendPatiently(high, 1, Text(bytes), {&low}));
    EXPECT_TRUE(RunUntil({&low, &high}, [&] {
      return low.CountOf(bytes) == 1 && high.CountOf(bytes) == 1;
    }));
  }
};

TEST_P(StreamPairs, UseOneConnectionWhoeverCallsFirst) {
  for (const bool low_first : {true, false}) {
    const auto low = Server(GetParam(), 1);
    const auto high = Server(GetParam(), 2);
    const int before = OpenDescriptors();
    if (low_first) Link(*low, 2, *high);
    Link(*high, 1, *low);
    if (!low_first) Link(*low, 2, *high);
    Settle(*low, *high, before + 2);
    for (int i = 0; i < 10; ++i) ExpectToTalk(*low, *high, absl::StrCat(i));
    // It was never lost on the way.
    EXPECT_EQ(OpenDescriptors(), before + 2);
    EXPECT_EQ(low->resets[2], 1);
    EXPECT_EQ(high->resets[1], 1);
  }
}

TEST_P(StreamPairs, KeepTheOrderWhereTwoConnectionsBecomeOne) {
  for (int round = 0; round < 20; ++round) {
    const auto low = Server(GetParam(), 1);
    const auto high = Server(GetParam(), 2);
    const int before = OpenDescriptors();
    Link(*high, 1, *low);
    int sent = 0;
    const auto send = [&] {
      const Frame frame{
          Bytes::Copy(absl::StrCat(sent, ";")),
          sent % 7 == 0 ? Bytes::Own(std::string(50000, 'x')) : Bytes()};
      if ((*high)->Send(1, frame) == SendResult::kSent) ++sent;
    };
    for (int i = 0; i < round; ++i) send();
    ASSERT_TRUE((*low)->Connect({2, (*high)->url()}).ok());
    ASSERT_TRUE(RunUntil({low.get(), high.get()}, [&] {
      send();
      return sent >= 50 && OpenDescriptors() == before + 2;
    }));
    const std::string last = absl::StrCat(sent - 1, ";");
    ASSERT_TRUE(RunUntil({low.get(), high.get()}, [&] {
      return !low->frames.empty() &&
             low->frames.back().bytes().substr(0, last.size()) == last;
    }));
    int next = 0;
    for (const Node::Arrived& arrived : low->frames) {
      const std::string bytes = arrived.bytes();
      const size_t end = bytes.find(';');
      if (end == std::string::npos) continue;  // Link()'s, if it was slow.
      int number = -1;
      ASSERT_TRUE(absl::SimpleAtoi(bytes.substr(0, end), &number));
      ASSERT_EQ(number, next++);
    }
    EXPECT_EQ(next, sent);
    EXPECT_EQ(high->resets[1], 1);
  }
}

TEST_P(StreamPairs, GoOnWhereOneSideCallsNoMore) {
  const auto low = Server(GetParam(), 1);
  const auto high = Server(GetParam(), 2);
  const int before = OpenDescriptors();
  for (int i = 0; i < 5; ++i) {
    Link(*low, 2, *high);
    if (i == 0) Link(*high, 1, *low);
    const int wanted = before + 2;
    ASSERT_TRUE(RunUntil({low.get(), high.get()},
                         [&] { return OpenDescriptors() == wanted; }));
    ExpectToTalk(*low, *high, absl::StrCat("both ", i));
    const int lost = high->resets[1];
    (*low)->Disconnect(2);
    // Theirs has gone, and its own is made.
    ASSERT_TRUE(RunUntil({low.get(), high.get()},
                         [&] { return high->resets[1] >= lost + 2; }));
    const std::string bytes = absl::StrCat("one ", i);
    ASSERT_TRUE(SendPatiently(*high, 1, Text(bytes), {low.get()}));
    EXPECT_TRUE(RunUntil({low.get(), high.get()},
                         [&] { return low->CountOf(bytes) == 1; }));
  }
}

TEST_P(StreamPairs, AreMadeAnewWithTheNextLifeOfEither) {
  auto low = Server(GetParam(), 1);
  auto high = Server(GetParam(), 2);
  const Url low_url = (*low)->url();
  const Url high_url = (*high)->url();
  const auto again = [](const Url& url, Pid self) {
    TransportUnderTest same;
    same.open = PlainTransport();
    same.fresh_url = [url] { return url; };
    return Server(same, self);
  };
  Link(*low, 2, *high);
  Link(*high, 1, *low);
  for (int life = 0; life < 3; ++life) {
    low = nullptr;
    low = again(low_url, 1);
    ASSERT_TRUE((*low)->Connect({2, high_url}).ok());
    ExpectToTalkAtLast(*low, *high, absl::StrCat("low ", life));
    high = nullptr;
    high = again(high_url, 2);
    ASSERT_TRUE((*high)->Connect({1, low_url}).ok());
    ExpectToTalkAtLast(*low, *high, absl::StrCat("high ", life));
  }
}

INSTANTIATE_TEST_SUITE_P(Plain, StreamPairs, testing::Values(Plain()));
INSTANTIATE_TEST_SUITE_P(Unix, StreamPairs, testing::Values(Unix()));

TEST(StreamImpostor, GetsNothingThatIsForThePeer) {
  const auto low = Server(Plain(), 1);
  const auto high = Server(Plain(), 2);
  const size_t greeting = stream::kPreambleBytes;
  RawClient impostor((*high)->url());
  ASSERT_TRUE(impostor.connected());
  // It says to be the peer, and gives back any number but the right one.
  impostor.Send(Greeting(1, 2));
  stream::RecordQueue echo;
  echo.Push(stream::RecordKind::kEcho, Text("0123456789abcdef"));
  iovec parts[3];
  const int count = echo.Parts(parts, 3);
  for (int i = 0; i < count; ++i) {
    impostor.Send(absl::string_view(static_cast<char*>(parts[i].iov_base),
                                    parts[i].iov_len));
  }
  ASSERT_TRUE(RunUntil({high.get()}, [&] {
    EXPECT_FALSE(impostor.HungUpOn());
    return impostor.heard_bytes() >= greeting;
  }));
  // While there is nobody else, nobody gets anything.
  const Url absent = AbsentUrl(Plain());
  ASSERT_TRUE((*high)->Connect({1, absent}).ok());
  EXPECT_FALSE(RunUntil(
      {high.get()},
      [&] { return (*high)->Send(1, Text("x")) == SendResult::kSent; },
      absl::Milliseconds(500)));
  Link(*high, 1, *low);
  Link(*low, 2, *high);
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = absl::StrCat("for the peer ", i);
    ASSERT_TRUE(SendPatiently(*high, 1, Text(bytes), {low.get()}));
    ASSERT_TRUE(RunUntil({low.get(), high.get()},
                         [&] { return low->CountOf(bytes) == 1; }));
    if (i % 10 == 0) {
      // Another one, once there is a connection.
      RawClient late((*high)->url());
      late.Send(Greeting(1, 2));
      ASSERT_TRUE(RunUntil({low.get(), high.get()}, [&] {
        return late.HungUpOn() || late.heard_bytes() >= greeting;
      }));
      EXPECT_EQ(late.heard_bytes(), greeting);
    }
  }
  EXPECT_FALSE(impostor.HungUpOn());
  EXPECT_EQ(impostor.heard_bytes(), greeting);
}

}  // namespace
}  // namespace raft_cluster::internal
