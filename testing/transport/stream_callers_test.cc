// What a stream's transport lives with: callers that are none of ours, or whose
// words have no end.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/testing/transport/raw_peer.h"
#include "raft/testing/transport/resources.h"
#include "raft/transport/stream/little_endian.h"
#include "raft/transport/stream/plain.h"
#include "raft/transport/stream/preamble.h"
#include "raft/transport/stream/record.h"
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

absl::Status OpenStatus(const std::string& url) {
  TransportSpec spec;
  spec.url = ParseUrl(url).value();
  return PlainTransport()(spec).status();
}

std::string Greeting() {
  stream::Preamble preamble;
  preamble.self = 5;
  preamble.called = 1;
  return stream::Encode(preamble);
}

std::string Header(uint32_t kind, uint32_t size) {
  std::string bytes(stream::kRecordHeaderBytes, '\0');
  stream::PutLittleEndian(kind << stream::kRecordLengthBits | size, &bytes[0]);
  return bytes;
}

void ExpectToBeThere(Node& a, Node& b, const std::string& bytes) {
  ASSERT_TRUE(SendPatiently(a, 2, Text(bytes), {&b}));
  ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.CountOf(bytes) == 1; }));
}

TEST(StreamCallers, AreTurnedAwayWhereTheyNeverSayWhoTheyAre) {
  Node a(Plain());
  Node b(Plain());
  Link(a, 2, b);
  // Nothing, half a preamble, and one of something else.
  const std::string half = Greeting().substr(0, 40);
  const std::vector<std::string> words = {"", "r", half,
                                          std::string(64, '\xff')};
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const std::string& bytes : words) {
    clients.push_back(std::make_unique<RawClient>(b->url()));
    ASSERT_TRUE(clients.back()->connected());
    clients.back()->Send(bytes);
  }
  EXPECT_TRUE(RunUntil({&a, &b}, [&] {
    size_t ended = 0;
    for (const auto& client : clients) ended += client->HungUpOn() ? 1 : 0;
    return ended == clients.size();
  }));
  EXPECT_EQ(b.refused[TurnedAway::kHandshake], static_cast<int>(words.size()));
  // Nothing was said to them.
  for (const auto& client : clients) EXPECT_EQ(client->heard_bytes(), 0u);
  ExpectToBeThere(a, b, "still there");
}

TEST(StreamCallers, AreNotTooMany) {
  Node a(Plain());
  Node b(Plain());
  Link(a, 2, b);
  const int before = OpenDescriptors();
  constexpr int kCallers = 300;
  constexpr int kMost = 128;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kCallers; ++i) {
    clients.push_back(std::make_unique<RawClient>(b->url()));
    ASSERT_TRUE(clients.back()->connected());
    b.Poll();
    EXPECT_LE(OpenDescriptors(), before + i + 1 + kMost);
  }
  EXPECT_TRUE(RunUntil({&a, &b}, [&] {
    return b.refused[TurnedAway::kHandshake] >= kCallers - kMost;
  }));
  // The others do not keep anybody out.
  Node c(Plain());
  Link(c, 2, b);
  ExpectToBeThere(a, b, "still there");
}

TEST(StreamCallers, AreTurnedAwayForWhatIsNoRecord) {
  Node a(Plain());
  Node b(Plain(), [](TransportSpec& spec) { spec.max_frame_bytes = 1000; });
  Link(a, 2, b);
  const std::vector<std::pair<std::string, TurnedAway>> bad = {
      {Header(0, 1001), TurnedAway::kTooLarge},
      {Header(0, (uint32_t{1} << 30) - 1), TurnedAway::kTooLarge},
      {Header(1, 0), TurnedAway::kMalformed},
      {Header(2, 7), TurnedAway::kMalformed},
      {Header(3, 0), TurnedAway::kMalformed},
  };
  for (const auto& [words, why] : bad) {
    const int before = b.refused[why];
    RawClient client(b->url());
    client.Send(absl::StrCat(Greeting(), Header(0, 2), "ok", words));
    EXPECT_TRUE(RunUntil({&a, &b}, [&] { return client.HungUpOn(); }));
    EXPECT_EQ(b.refused[why], before + 1);
  }
  // What they said before counts.
  EXPECT_EQ(b.CountOf("ok"), bad.size());
  ExpectToBeThere(a, b, "still there");
}

TEST(StreamCallers, MayBeSlow) {
  Node b(Plain());
  RawClient client(b->url());
  const std::string words = absl::StrCat(Greeting(), Header(0, 5), "hello");
  for (const char byte : words) {
    client.Send(absl::string_view(&byte, 1));
    b.Poll();
  }
  EXPECT_TRUE(RunUntil({&b}, [&] { return b.CountOf("hello") == 1; }));
  EXPECT_FALSE(client.HungUpOn());
}

TEST(StreamCallers, AndWhoIsCalledMayBeSomebodyElse) {
  Node a(Plain());
  RawListener listener(OwnAddress());
  const Url url = {"plain", listener.url().address, ""};
  ASSERT_TRUE(a->Connect({2, url}).ok());
  std::unique_ptr<RawClient> called;
  ASSERT_TRUE(
      RunUntil({&a}, [&] { return (called = listener.Accept()) != nullptr; }));
  called->Send("SSH-2.0-OpenSSH_9.2\r\n" + std::string(100, 'x'));
  EXPECT_TRUE(RunUntil({&a}, [&] { return !a.troubles[2].empty(); }));
  EXPECT_GE(a.refused[TurnedAway::kHandshake], 1);
  EXPECT_EQ(a.connections[2], 0);
}

TEST(StreamListener, SaysWhyItCannotListen) {
  const std::vector<std::pair<std::string, std::string>> reasons = {
      {"plain://192.0.2.1:0", "no network interface of this machine"},
      {"unix:///nonexistent/folder/socket", "the folder does not exist"},
      {"unix:///dev/null", "not a socket"},
      {"unix:///dev/null/socket",
       "a part of the path before the last is a file"},
  };
  for (const auto& reason : reasons) {
    const absl::Status status = OpenStatus(reason.first);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_NE(status.message().find(reason.first), std::string::npos) << status;
    EXPECT_NE(status.message().find(reason.second), std::string::npos)
        << status;
  }
  EXPECT_EQ(OpenStatus("tcp://127.0.0.1:0").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(StreamListener, SaysWhetherOthersThanThisMachineCanReachIt) {
  Node all(Plain(), ParseUrl("plain://*:0").value());
  EXPECT_TRUE(all->properties().reachable_from_afar);
  Node near(Plain(), ParseUrl("plain://localhost:0").value());
  EXPECT_FALSE(near->properties().reachable_from_afar);
  EXPECT_EQ(near->properties().bound_address.rfind("127.0.0.1:", 0), 0u);
  EXPECT_EQ(near->url().ToString().rfind("plain://localhost:", 0), 0u);
}

TEST(StreamMemory, IsNotTakenByWhoIsIdle) {
  if (MemoryIsInstrumented()) GTEST_SKIP() << "memory is instrumented";
  constexpr int kPeers = 100;
  Node hub(Plain());
  std::vector<std::unique_ptr<Node>> spokes;
  for (int i = 0; i < kPeers; ++i) {
    spokes.push_back(std::make_unique<Node>(Plain()));
  }
  const size_t before = ResidentBytes();
  for (int i = 0; i < kPeers; ++i) Link(hub, i + 2, *spokes[i]);
  for (const auto& spoke : spokes) spoke->frames.clear();
  // Both ends, and the memory into which each spoke has read once.
  EXPECT_LT(ResidentBytes(), before + kPeers * (size_t{64} << 10));
}

}  // namespace
}  // namespace raft_cluster::internal
