// What arrives: whole frames, unchanged, of those who sent them.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"

namespace raft_cluster::internal {
namespace {

// 0, 1 and 2 bytes, every power of two up to `largest` with its neighbours, and
// `largest` itself.
std::vector<size_t> Sizes(size_t largest) {
  std::vector<size_t> sizes = {0, 1, 2};
  for (size_t power = 4; power <= largest; power *= 2) {
    sizes.push_back(power - 1);
    sizes.push_back(power);
    if (power < largest) sizes.push_back(power + 1);
  }
  sizes.push_back(largest);
  return sizes;
}

Frame Split(const std::string& bytes, size_t head_bytes) {
  const Bytes whole = Bytes::Copy(bytes);
  return Frame{whole.Slice(0, head_bytes), whole.Slice(head_bytes)};
}

TEST_P(TransportConformance, CarriesFramesOfEverySizeWhole) {
  // One after the other, so that a transport may lose one and the test sends
  // it again.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  const size_t largest = GetParam().largest_frame_bytes;
  for (const size_t size : Sizes(largest)) {
    const std::string bytes = Pattern(size, static_cast<int>(size));
    b.frames.clear();
    ASSERT_TRUE(RunUntil(
        {&a, &b},
        [&] {
          return b.CountOf(bytes) > 0 ||
                 (a->Send(2, Split(bytes, size / 3)) == SendResult::kSent &&
                  RunUntil(
                      {&a, &b}, [&] { return b.CountOf(bytes) > 0; },
                      absl::Seconds(5)));
        }))
        << size << " bytes";
    EXPECT_EQ(b.frames.size(), b.CountOf(bytes)) << size << " bytes";
  }
}

TEST_P(TransportConformance, SplitsAFrameAsItWasSentOrNotAtAll) {
  // Heads and bodies on both sides of every limit at which a transport might
  // treat them differently.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  for (const size_t head_bytes : {0, 1, 100, 256, 5000, 40000}) {
    for (const size_t body_bytes : {0, 1, 255, 8192, 16383, 16384, 20000}) {
      const size_t size = head_bytes + body_bytes;
      if (size > GetParam().largest_frame_bytes) continue;
      const std::string bytes = Pattern(size);
      b.frames.clear();
      ASSERT_TRUE(SendPatiently(a, 2, Split(bytes, head_bytes), {&b}));
      ASSERT_TRUE(RunUntil({&a, &b}, [&] { return !b.frames.empty(); }));
      ASSERT_EQ(b.frames[0].bytes(), bytes);
      const Frame& frame = b.frames[0].frame;
      EXPECT_TRUE(frame.head.size() == size || frame.head.size() == head_bytes)
          << head_bytes << " + " << body_bytes << " bytes came as "
          << frame.head.size() << " + " << frame.body.size();
    }
  }
}

TEST_P(TransportConformance, RefusesAFrameAboveTheLimit) {
  // The limit counts head and body together, for Send() and for Reply().
  Node a(GetParam(), [](TransportSpec& spec) { spec.max_frame_bytes = 1000; });
  Node b(GetParam());
  Link(a, 2, b);
  Link(b, 1, a);
  EXPECT_EQ(a->Send(2, Split(Pattern(1001), 500)), SendResult::kTooLarge);
  EXPECT_EQ(a->Send(2, Split(Pattern(1001), 0)), SendResult::kTooLarge);
  ASSERT_TRUE(SendPatiently(b, 1, Text("who"), {&a}));
  ASSERT_TRUE(RunUntil({&a, &b}, [&] { return a.frames.size() == 1; }));
  EXPECT_EQ(a->Reply(a.frames[0].origin, Text(Pattern(1001))),
            SendResult::kTooLarge);
  // That did no harm.
  ASSERT_TRUE(SendPatiently(a, 2, Split(Pattern(1000), 500), {&b}));
  ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() == 1; }));
  EXPECT_EQ(b.frames[0].bytes(), Pattern(1000));
}

TEST_P(TransportConformance, DropsAFrameAboveTheReceiversLimit) {
  // The sender's limit is higher. What comes through later is small.
  Node a(GetParam());
  Node b(GetParam(), [](TransportSpec& spec) { spec.max_frame_bytes = 1000; });
  Link(a, 2, b);
  for (const size_t head_bytes : {0, 600, 40000}) {
    SendPatiently(a, 2, Split(Pattern(50000), head_bytes), {&b});
    SendPatiently(a, 2, Split(Pattern(1001), head_bytes % 1001), {&b});
    const std::string small = absl::StrCat("small", head_bytes);
    ASSERT_TRUE(RunUntil({&a, &b}, [&] {
      a->Send(2, Text(small));
      return b.CountOf(small) > 0;
    }));
  }
  for (const Node::Arrived& arrived : b.frames) {
    EXPECT_LE(arrived.frame.size(), 1000u);
  }
}

TEST_P(TransportConformance, HandsOutFramesThatOutliveTheTransport) {
  // The address sanitizer sees where a view is left hanging.
  std::vector<Node::Arrived> kept;
  std::vector<std::string> sent;
  {
    Node a(GetParam());
    Node b(GetParam());
    Link(a, 2, b);
    for (const size_t size : {1, 50, 5000, 9000, 20000, 60000}) {
      if (size > GetParam().largest_frame_bytes) continue;
      sent.push_back(Pattern(size));
      b.frames.clear();
      ASSERT_TRUE(SendPatiently(a, 2, Split(sent.back(), size / 2), {&b}));
      ASSERT_TRUE(RunUntil({&a, &b}, [&] { return !b.frames.empty(); }));
      kept.push_back(b.frames[0]);
    }
  }
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_EQ(kept[i].bytes(), sent[i]);
}

TEST_P(TransportConformance, KeepsTheBytesOfAFrameUntilItIsCarried) {
  // The owner of the body spoils it as soon as nobody holds it any more.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  for (const size_t size : {10, 10000, 60000}) {
    if (size > GetParam().largest_frame_bytes) continue;
    const std::string bytes = Pattern(size);
    b.frames.clear();
    {
      std::shared_ptr<std::string> owner(new std::string(bytes),
                                         [](std::string* owned) {
                                           owned->assign(owned->size(), '!');
                                           delete owned;
                                         });
      const absl::string_view view = *owner;
      const Bytes body(std::move(owner), view);
      ASSERT_TRUE(SendPatiently(a, 2, Frame{Bytes::Copy("head"), body}, {&b}));
    }
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return !b.frames.empty(); }));
    EXPECT_EQ(b.frames[0].bytes(), absl::StrCat("head", bytes));
  }
}

TEST_P(TransportConformance, LetsGoOfAFrameThatWasCarried) {
  // Nothing holds the body once the receiver has dropped it.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  for (const size_t size : {10, 60000}) {
    if (size > GetParam().largest_frame_bytes) continue;
    auto owner = std::make_shared<const std::string>(Pattern(size));
    const std::weak_ptr<const std::string> held = owner;
    const absl::string_view view = *owner;
    ASSERT_TRUE(
        SendPatiently(a, 2, Frame{{}, Bytes(std::move(owner), view)}, {&b}));
    EXPECT_TRUE(RunUntil({&a, &b}, [&] {
      const bool arrived = !b.frames.empty();
      b.frames.clear();
      return arrived || held.expired();
    }));
    EXPECT_TRUE(RunUntil({&a, &b}, [&] { return held.expired(); }));
  }
}

TEST_P(TransportConformance, KeepsTheOrderItPromises) {
  // Small and large ones mixed, which may go different ways inside.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  constexpr int kFrames = 2000;
  const size_t large = std::min<size_t>(GetParam().largest_frame_bytes, 30000);
  for (int i = 0; i < kFrames; ++i) {
    const std::string bytes = absl::StrCat(i, ";");
    const Frame frame{
        Bytes::Copy(bytes),
        i % 3 == 0 ? Bytes::Own(Pattern(large - bytes.size())) : Bytes()};
    ASSERT_TRUE(SendPatiently(a, 2, frame, {&b}));
  }
  if (GetParam().lossless) {
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() >= kFrames; }));
    EXPECT_EQ(b.frames.size(), static_cast<size_t>(kFrames));
  }
  if (!a->properties().fifo) return;
  int last = -1;
  for (const Node::Arrived& arrived : b.frames) {
    const int number = std::stoi(arrived.bytes());
    EXPECT_GT(number, last);
    last = number;
  }
}

TEST_P(TransportConformance, KeepsPeersApart) {
  // Everybody sends to everybody, oneself included, what only that pair says.
  constexpr int kNodes = 5;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<Node*> all;
  for (int i = 0; i < kNodes; ++i) {
    nodes.push_back(std::make_unique<Node>(GetParam()));
    all.push_back(nodes.back().get());
  }
  for (Node* from : all) {
    for (int to = 0; to < kNodes; ++to) Link(*from, to + 1, *all[to]);
  }
  const auto text = [](int from, int to) {
    return absl::StrCat("from ", from, " to ", to);
  };
  for (int from = 0; from < kNodes; ++from) {
    for (int to = 0; to < kNodes; ++to) {
      ASSERT_TRUE(SendPatiently(*all[from], to + 1, Text(text(from, to)), all));
    }
  }
  for (int to = 0; to < kNodes; ++to) {
    for (int from = 0; from < kNodes; ++from) {
      EXPECT_TRUE(RunUntil(all, [&] {
        return all[to]->CountOf(text(from, to)) == 1;
      })) << text(from, to);
    }
    EXPECT_EQ(all[to]->frames.size(), static_cast<size_t>(kNodes));
  }
}

TEST_P(TransportConformance, AnswersAStranger) {
  // b has no connection to a, and gets no more than a's frame.
  Node a(GetParam());
  Node b(GetParam());
  Link(a, 2, b);
  ASSERT_TRUE(SendPatiently(a, 2, Text("who are you?"), {&b}));
  ASSERT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() == 1; }));
  const Origin origin = b.frames[0].origin;
  // Who has keys knows whose the frame is.
  EXPECT_EQ(origin.proven != 0, b->properties().proves_peers);
  for (const size_t size : {0, 1, 300, 20000}) {
    a.frames.clear();
    ASSERT_EQ(b->Reply(origin, Split(Pattern(size), size / 2)),
              SendResult::kSent);
    ASSERT_TRUE(RunUntil({&a, &b}, [&] { return !a.frames.empty(); }));
    EXPECT_EQ(a.frames[0].bytes(), Pattern(size));
  }
  // The answer has an origin too.
  EXPECT_EQ(a->Reply(a.frames[0].origin, Text("thanks")), SendResult::kSent);
  EXPECT_TRUE(RunUntil({&a, &b}, [&] { return b.CountOf("thanks") == 1; }));
}

TEST_P(TransportConformance, ReachesSixtyFourPeers) {
  // A hub and its spokes, in both directions.
  constexpr int kSpokes = 64;
  Node hub(GetParam());
  std::vector<std::unique_ptr<Node>> spokes;
  std::vector<Node*> all = {&hub};
  for (int i = 1; i <= kSpokes; ++i) {
    spokes.push_back(std::make_unique<Node>(GetParam()));
    all.push_back(spokes.back().get());
    ASSERT_TRUE(hub->Connect({i, (*all[i])->url()}).ok());
    ASSERT_TRUE((*all[i])->Connect({1, hub->url()}).ok());
  }
  for (int i = 1; i <= kSpokes; ++i) {
    ASSERT_TRUE(SendPatiently(hub, i, Text("to the rim"), all)) << i;
    ASSERT_TRUE(SendPatiently(*all[i], 1, Text(absl::StrCat("from ", i)), all));
  }
  for (int i = 1; i <= kSpokes; ++i) {
    EXPECT_TRUE(
        RunUntil(all, [&] { return all[i]->CountOf("to the rim") == 1; }));
    EXPECT_TRUE(RunUntil(
        all, [&] { return hub.CountOf(absl::StrCat("from ", i)) == 1; }));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
