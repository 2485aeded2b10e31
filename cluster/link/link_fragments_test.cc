// Both ends agree on larger fragments where their transports like them.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kLarge = kLargestFragmentBytes;
constexpr size_t kMsg = 3 * kLarge + 1;

LinkOptions OptionsWith(uint64_t fragment_bytes, Pid self, Pid peer) {
  LinkOptions options = Side::DefaultOptions(self, peer);
  options.link_budget_bytes = options.inbox_budget_bytes = uint64_t{64} << 20;
  options.max_envelope_bytes = uint64_t{16} << 20;
  options.fragment_bytes = fragment_bytes;
  return options;
}

// How many fragments each of an envelope of kMsg had, either way.
class Fragments : public testing::Test {
 protected:
  static std::vector<uint64_t> Count(uint64_t a, uint64_t b) {
    Pair pair(OptionsWith(a, 1, 2), OptionsWith(b, 2, 1));
    pair.Open();
    EXPECT_TRUE(pair.a.Send(1, std::string(kMsg, 'a')));
    EXPECT_TRUE(pair.b().Send(2, std::string(kMsg, 'b')));
    pair.Pass(kSecond);
    std::vector<uint64_t> items;
    for (const Side* side : {&pair.b(), &pair.a}) {
      if (side->delivered.size() != 1) return {};
      EXPECT_EQ(side->delivered[0].msg.size(), kMsg);
      items.push_back(side->delivered[0].items);
    }
    EXPECT_EQ(pair.a.Stats().refused_frames_size(), 0);
    EXPECT_EQ(pair.b().Stats().refused_frames_size(), 0);
    return items;
  }
};

TEST_F(Fragments, AreAsLargeAsBothLike) {
  using Items = std::vector<uint64_t>;
  EXPECT_EQ(Count(kLarge, kLarge), (Items{4, 4}));
  EXPECT_EQ(Count(kLarge, kLarge / 2), (Items{7, 7}));
  EXPECT_EQ(Count(kFragmentBytes, kLarge), (Items{13, 13}));
  EXPECT_EQ(Count(kFragmentBytes, kFragmentBytes), (Items{13, 13}));
}

TEST_F(Fragments, FitInAFrameOfTheTransport) {
  EXPECT_EQ(FragmentBytesFor(0), kFragmentBytes);
  EXPECT_EQ(FragmentBytesFor(kMaxFrameBytes), kFragmentBytes);
  EXPECT_EQ(FragmentBytesFor(kLargestFrameBytes), kLarge);
  EXPECT_EQ(FragmentBytesFor(SIZE_MAX), kLarge);
  EXPECT_EQ(FragmentBytesFor(600000), 600000 - kMaxHeaderBytes - 4096);
  Side me(OptionsWith(kLarge, 1, 2));
  Header header = me.FromPeer();
  header.hello = me.Hello().hello;
  header.hello->set_large_fragment_bytes(kLarge);
  header.credit = uint64_t{1} << 30;
  me.Hear(header);
  me.SayFrames();
  me.Send(1, std::string(kMsg, 'x'));
  size_t frames = 0;
  for (const OutgoingFrame& out : me.SayFrames()) {
    EXPECT_LE(out.Encode().size(), kLargestFrameBytes);
    ++frames;
  }
  EXPECT_EQ(frames, 4u);
}

// What was queued before the peer was met, and what its former life did not
// take, is cut anew; among small ones, and with losses.
TEST_F(Fragments, OfWhatIsQueuedFollowThePeer) {
  Pair pair(OptionsWith(kLarge, 1, 2), OptionsWith(kLarge, 2, 1));
  uint64_t said = 0;
  pair.lose = [&said](bool, const wire::Frame&) { return ++said % 5 == 0; };
  pair.reads_at_once = false;
  for (uint64_t id = 1; id <= 6; id += 2) {
    ASSERT_TRUE(pair.a.Send(id, "small"));
    ASSERT_TRUE(pair.a.Send(id + 1, std::string(kMsg + id + 1, 'x')));
  }
  pair.Pass(5 * kSecond);
  ASSERT_EQ(pair.b().delivered.size(), 6u);
  EXPECT_EQ(pair.b().delivered[1].items, 4u);
  pair.b().Take();
  pair.b().Take();
  pair.Pass(kSecond);
  for (uint64_t life = 1; life <= 2; ++life) {
    pair.RestartB({300 + life, life},
                  OptionsWith(life == 1 ? kFragmentBytes : kLarge, 2, 1));
    pair.Pass(5 * kSecond);
    const auto& got = pair.b().delivered;
    ASSERT_EQ(got.size(), 4u);
    for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].id, i + 3);
    EXPECT_EQ(got[1].items, life == 1 ? 13u : 4u);
    EXPECT_EQ(got[1].msg, std::string(kMsg + 4, 'x'));
  }
  pair.b().TakeAll();
  pair.Pass(kSecond);
  EXPECT_EQ(pair.a.Stats().ledger().in_flight(), 0u);
  EXPECT_EQ(pair.a.Stats().queued_bytes(), 0u);
}

}  // namespace
}  // namespace raft_cluster::internal
