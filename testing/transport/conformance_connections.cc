// Connections that are made, lost and made anew, and addresses that are taken
// and given back.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"

namespace raft_cluster::internal {
namespace {

// Sends `bytes` again and again until they have arrived.
bool GetsThrough(Node& from, Pid as, Node& to, const std::string& bytes) {
  return RunUntil({&from, &to}, [&] {
    from->Send(as, Text(bytes));
    return to.CountOf(bytes) > 0;
  });
}

TEST_P(TransportConformance, ConnectsToOneWhoListensLater) {
  const Url url = AbsentUrl(GetParam());
  Node a(GetParam());
  ASSERT_TRUE(a->Connect({2, url}).ok());
  // Several attempts fail.
  EXPECT_FALSE(RunUntil(
      {&a}, [&] { return a.resets[2] > 0; }, absl::Milliseconds(300)));
  Node b(GetParam(), url);
  EXPECT_TRUE(GetsThrough(a, 2, b, "at last"));
  EXPECT_GT(a.resets[2], 0);
}

// Many attempts fail for one reason.
TEST_P(TransportConformance, SaysOnceWhyAPeerCannotBeReached) {
  const Url url = AbsentUrl(GetParam());
  Node a(GetParam());
  ASSERT_TRUE(a->Connect({2, url}).ok());
  EXPECT_TRUE(RunUntil({&a}, [&] { return !a.troubles[2].empty(); }));
  EXPECT_FALSE(RunUntil(
      {&a}, [&] { return a.troubles[2].size() > 1; }, absl::Seconds(1)));
  EXPECT_FALSE(a.troubles[2].front().message().empty());
  Node b(GetParam(), url);
  EXPECT_TRUE(GetsThrough(a, 2, b, "at last"));
}

TEST_P(TransportConformance, ReportsThatAPeerClosedAndFindsItsNextLife) {
  // The two ends of the connection see the other one go, and come back.
  Node a(GetParam());
  auto b = std::make_unique<Node>(GetParam());
  const Url url = (*b)->url();
  Link(a, 2, *b);
  for (int life = 0; life < 3; ++life) {
    b = nullptr;
    const int before = a.resets[2];
    EXPECT_TRUE(RunUntil({&a}, [&] {
      a->Send(2, Text("to nobody"));
      return a.resets[2] > before;
    })) << "the loss was not reported";
    const int lost = a.resets[2];
    b = std::make_unique<Node>(GetParam(), url);
    EXPECT_TRUE(GetsThrough(a, 2, *b, absl::StrCat("life ", life)));
    EXPECT_GT(a.resets[2], lost) << "the new connection was not reported";
    EXPECT_EQ(a.connections[2], life + 2) << "each is reported once";
  }
}

TEST_P(TransportConformance, ReportsAPeerThatWasReplacedBetweenTwoPolls) {
  // a looks away while one life of its peer gives way to the next.
  Node a(GetParam());
  auto b = std::make_unique<Node>(GetParam());
  const Url url = (*b)->url();
  Link(a, 2, *b);
  const int before = a.resets[2];
  b = nullptr;
  b = std::make_unique<Node>(GetParam(), url);
  EXPECT_TRUE(GetsThrough(a, 2, *b, "new"));
  EXPECT_GT(a.resets[2], before);
}

TEST_P(TransportConformance, ConnectingAnewReplacesTheConnection) {
  // To another address first, then to the same one again.
  Node a(GetParam());
  Node b(GetParam());
  Node c(GetParam());
  Link(a, 2, b);
  ASSERT_TRUE(a->Connect({2, c->url()}).ok());
  EXPECT_TRUE(GetsThrough(a, 2, c, "for c"));
  b.Poll();
  EXPECT_EQ(b.CountOf("for c"), 0u);

  const int before = a.resets[2];
  ASSERT_TRUE(a->Connect({2, c->url()}).ok());
  EXPECT_TRUE(GetsThrough(a, 2, c, "again"));
  EXPECT_GT(a.resets[2], before);
}

TEST_P(TransportConformance, DisconnectsAndConnectsAgain) {
  Node a(GetParam());
  Node b(GetParam());
  for (int i = 0; i < 20; ++i) {
    Link(a, 2, b);
    a->Disconnect(2);
    ASSERT_EQ(a->Send(2, Text("x")), SendResult::kUnknown);
  }
}

TEST_P(TransportConformance, TalksToItself) {
  Node a(GetParam());
  Link(a, 1, a);
  ASSERT_TRUE(SendPatiently(a, 1, Text("echo"), {}));
  ASSERT_TRUE(RunUntil({&a}, [&] { return a.CountOf("echo") == 1; }));
  ASSERT_EQ(a->Reply(a.frames[0].origin, Text("answer")), SendResult::kSent);
  EXPECT_TRUE(RunUntil({&a}, [&] { return a.CountOf("answer") == 1; }));
}

TEST_P(TransportConformance, RefusesToConnectToWhatIsNoPeer) {
  Node a(GetParam());
  const Url url = AbsentUrl(GetParam());
  EXPECT_EQ(a->Connect({0, url}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(a->Connect({-1, url}).code(), absl::StatusCode::kInvalidArgument);
  const Url other = ParseUrl("no-such-scheme://x").value();
  EXPECT_EQ(a->Connect({2, other}).code(), absl::StatusCode::kInvalidArgument);
  // What becomes another url where it is bound is nobody's address.
  const Url fresh = GetParam().fresh_url();
  Node b(GetParam(), fresh);
  if (b->url() != fresh) {
    EXPECT_EQ(a->Connect({2, fresh}).code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(a->Send(2, Text("x")), SendResult::kUnknown);
}

TEST_P(TransportConformance, RefusesToOpenWhatItCannot) {
  TransportSpec spec;
  spec.url = ParseUrl("no-such-scheme://x").value();
  EXPECT_EQ(GetParam().open(spec).status().code(),
            absl::StatusCode::kInvalidArgument);
  spec.url = GetParam().fresh_url();
  spec.max_frame_bytes = 0;
  EXPECT_EQ(GetParam().open(spec).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(TransportConformance, SaysThatAnAddressIsInUse) {
  // And leaves the one who has it alone.
  Node a(GetParam());
  Node b(GetParam());
  EXPECT_EQ(b->url().scheme, GetParam().fresh_url().scheme);
  TransportSpec spec;
  spec.url = b->url();
  const absl::Status status = GetParam().open(spec).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(status.message(), b->url().ToString()))
      << status;
  Link(a, 2, b);
}

TEST_P(TransportConformance, GivesItsAddressBackAtOnce) {
  // Each time with traffic under way in both directions.
  Node a(GetParam());
  auto b = std::make_unique<Node>(GetParam());
  const Url url = (*b)->url();
  const Bytes body = Bytes::Own(Pattern(60000));
  for (int i = 0; i < 10; ++i) {
    Link(a, 2, *b);
    Link(*b, 1, a);
    for (int k = 0; k < 50; ++k) {
      a->Send(2, Frame{Bytes::Copy("x"), body});
      (*b)->Send(1, Frame{Bytes::Copy("y"), body});
      if (k % 7 == 0) b->Poll();
    }
    b = nullptr;
    b = std::make_unique<Node>(GetParam(), url);
    a->Disconnect(2);
    a.frames.clear();
  }
}

TEST_P(TransportConformance, ClosesWithTrafficUnderWay) {
  // Both at once, full to the brim, with a peer that is not there.
  for (int i = 0; i < 10; ++i) {
    Node a(GetParam());
    Node b(GetParam());
    Link(a, 2, b);
    ASSERT_TRUE(a->Connect({3, AbsentUrl(GetParam())}).ok());
    const Bytes body = Bytes::Own(Pattern(60000));
    const absl::Time begin = absl::Now();
    for (int k = 0; k < 1000; ++k) {
      if (a->Send(2, Frame{{}, body}) != SendResult::kSent) break;
    }
    a->Send(3, Frame{{}, body});
    a.transport = nullptr;
    b.transport = nullptr;
    EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  }
}

TEST_P(TransportConformance, TenThousandConnectionsLeaveNothingBehind) {
  // Some are used, some dropped before anybody looked at them, some lead
  // nowhere. What is closed may linger for a moment, hence the pauses.
  Node a(GetParam());
  Node b(GetParam());
  const Url absent = AbsentUrl(GetParam());
  Link(a, 2, b);
  a->Disconnect(2);
  const int descriptors = OpenDescriptors();
  const auto connect = [&](int times) {
    for (int i = 0; i < times; ++i) {
      if (i % 10 == 0) {
        Link(a, 2, b);
      } else {
        ASSERT_TRUE(a->Connect({2, i % 2 == 0 ? b->url() : absent}).ok());
        a->Send(2, Text("lost"));
        a.Poll();
      }
      a->Disconnect(2);
      if (i % 50 == 0) {
        ASSERT_TRUE(RunUntil({&a, &b},
                             [&] { return OpenDescriptors() <= descriptors; }))
            << OpenDescriptors() << " descriptors, at first " << descriptors;
        b.frames.clear();
      }
    }
  };
  connect(1000);
  const size_t resident = ResidentBytes();
  connect(9000);
  if (!MemoryIsInstrumented()) {
    EXPECT_LT(ResidentBytes(), resident + (size_t{8} << 20));
  }
}

TEST_P(TransportConformance, HundredsOfTransportsLeaveNothingBehind) {
  const auto open = [&](int times) {
    for (int i = 0; i < times; ++i) {
      Node a(GetParam());
      Node b(GetParam());
      ASSERT_TRUE(a->Connect({2, b->url()}).ok());
      a.Poll();
    }
  };
  open(20);
  const int descriptors = OpenDescriptors();
  const size_t resident = ResidentBytes();
  open(200);
  EXPECT_EQ(OpenDescriptors(), descriptors);
  if (!MemoryIsInstrumented()) {
    EXPECT_LT(ResidentBytes(), resident + (size_t{16} << 20));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
