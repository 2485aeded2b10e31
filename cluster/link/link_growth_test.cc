// Two servers, one of which speaks as a later version would: each of its
// frames has a header field and each item a field that nobody here knows, and
// its hello names a version beyond ours. Servers are replaced one by one, to
// the later version and back, while the wire loses frames.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_frames.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

// The bytes of `frame` as a later version might send it.
Frame EncodeLater(OutgoingFrame frame) {
  if (frame.header.hello.has_value()) {
    frame.header.hello->set_max_version(kNewestVersion + 1);
    frame.header.hello->set_features(uint64_t{1} << 40);
  }
  return LaterFrame(frame.header,
                    frame.prefix + std::string(frame.body.view()));
}

class MixedVersions : public testing::TestWithParam<bool> {
 protected:
  MixedVersions() {
    pair_.encode = [this](bool from_a, const OutgoingFrame& frame) {
      if (!(from_a ? a_is_later_ : b_is_later_)) return frame.Encode();
      ++later_frames_;
      return EncodeLater(frame);
    };
    pair_.lose = [this](bool, const wire::Frame&) { return ++said_ % 7 == 0; };
  }

  // Twenty from each side; one of a's is large enough for fragments.
  void SendBothWays() {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(
          pair_.a.Send(++sent_, i == 10 ? std::string(300000, 'x') : "from a"));
      ASSERT_TRUE(pair_.b().Send(sent_, "from b"));
    }
  }

  // All that a sent from `first` on is with this life of b, once, in order;
  // and all that this life of b has sent is with a.
  void ExpectAllTaken(uint64_t first) {
    pair_.Pass(20 * kSecond);
    std::vector<uint64_t> expected, at_a, at_b;
    for (uint64_t id = first; id <= sent_; ++id) expected.push_back(id);
    for (const Side::Envelope& got : pair_.b().delivered)
      at_b.push_back(got.id);
    for (const Side::Envelope& got : pair_.a.delivered) at_a.push_back(got.id);
    EXPECT_EQ(at_b, expected);
    EXPECT_EQ(at_a, expected);
    pair_.a.delivered.clear();
    EXPECT_EQ(pair_.a.Stats().ledger().in_flight(), 0u);
    EXPECT_EQ(pair_.b().Stats().ledger().in_flight(), 0u);
    EXPECT_EQ(pair_.a.Stats().version(), kNewestVersion);
    EXPECT_EQ(pair_.b().Stats().version(), kNewestVersion);
    EXPECT_EQ(pair_.a.Stats().refused_frames_size(), 0);
    EXPECT_EQ(pair_.b().Stats().refused_frames_size(), 0);
  }

  bool a_is_later_ = GetParam();
  bool b_is_later_ = false;
  Pair pair_;
  uint64_t sent_ = 0;
  uint64_t said_ = 0;
  uint64_t later_frames_ = 0;
};

TEST_P(MixedVersions, AreReplacedOneByOneAndLoseNothing) {
  SendBothWays();
  ExpectAllTaken(/*first=*/1);
  for (uint64_t life = 1; life <= 4; ++life) {
    const uint64_t first = sent_ + 1;
    b_is_later_ = !b_is_later_;
    pair_.RestartB({200 + life, life});
    SendBothWays();
    ExpectAllTaken(first);
  }
  EXPECT_GT(later_frames_, 0u);
}

// One that has no version in common with us, and means something else by a
// field that we know: we see what is wrong, and nothing but that.
TEST(OtherVersion, IsAllThatIsWrongWithABuildThatChangedTheRest) {
  Pair pair;
  pair.encode = [](bool from_a, const OutgoingFrame& frame) {
    if (from_a) return frame.Encode();
    Header header = frame.header;
    header.hello->set_version(kNewestVersion + 1);
    header.hello->set_max_version(kNewestVersion + 1);
    const std::string ask("\x70\x07", 2);
    return LaterFrame(header, "", ask);
  };
  ASSERT_TRUE(pair.a.Send(1, "kept"));
  pair.Pass(5 * kSecond);
  EXPECT_EQ(pair.a.link.state(), PeerStats::DOWN);
  EXPECT_EQ(pair.a.Stats().reason(),
            "it speaks version 2 of the protocol, this server version 1");
  EXPECT_GT(pair.a.Refused(Refusal::OTHER_VERSION), 0u);
  EXPECT_EQ(pair.a.Stats().refused_frames_size(), 1) << "nothing else";
  EXPECT_EQ(pair.b().Stats().reason(),
            "it speaks no version of the protocol that this server does");
  pair.encode = nullptr;
  pair.RestartB({300, 3});
  pair.Pass(5 * kSecond);
  EXPECT_EQ(pair.a.link.state(), PeerStats::UP);
  ASSERT_EQ(pair.b().delivered.size(), 1u);
  EXPECT_EQ(pair.b().delivered[0].msg, "kept");
}

INSTANTIATE_TEST_SUITE_P(AIsLater, MixedVersions, testing::Bool());

}  // namespace
}  // namespace raft_cluster::internal
