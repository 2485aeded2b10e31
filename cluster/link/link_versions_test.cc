// Whom a server talks to: versions of the protocol, epochs of a link, and
// configurations. One test for each row of the protocol's table.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

constexpr Life kNewer{200, 3};

TEST(OtherVersion, IsRefusedCountedAndDownUntilAGoodOneComes) {
  Side me;
  me.Say();
  for (const bool names_me : {false, true}) {
    Header header = names_me ? me.Answer() : me.Hello();
    header.hello->set_version(kNewestVersion + 1);
    me.Hear(header);
    for (const OutgoingFrame& frame : me.SayFrames()) {
      EXPECT_EQ(frame.header.hello->refused(), Refusal::OTHER_VERSION)
          << "a note, and no answer";
    }
    EXPECT_EQ(me.link.phase(), Phase::kNone);
    EXPECT_EQ(me.link.state(), PeerStats::DOWN);
  }
  EXPECT_EQ(me.Refused(Refusal::OTHER_VERSION), 2u);
  EXPECT_EQ(me.OnlyEvent(Event::PEER_DOWN).detail(),
            "it speaks version 2 of the protocol, this server version 1");
  EXPECT_EQ(me.Stats().reason(),
            "it speaks version 2 of the protocol, this server version 1");
  me.peer_life = kNewer;
  me.Open();
  EXPECT_EQ(me.link.state(), PeerStats::UP);
  EXPECT_EQ(me.Stats().reason(), "");
}

// The ranges of versions that a peer may say, and whether they meet ours.
TEST(OtherVersion, IsOneThatIsNotInOurRange) {
  struct Range {
    uint32_t oldest, newest;
    uint32_t common;
  };
  for (const Range& range :
       {Range{1, 0, 1}, Range{1, 1, 1}, Range{1, 7, 1}, Range{0, 1, 1},
        Range{2, 7, 0}, Range{0, 0, 0}, Range{UINT32_MAX, UINT32_MAX, 0}}) {
    Side me;
    me.Say();
    Header header = me.Answer();
    header.hello->set_version(range.oldest);
    header.hello->set_max_version(range.newest);
    me.Hear(header);
    EXPECT_EQ(me.link.phase(), range.common == 0 ? Phase::kNone : Phase::kHalf)
        << range.oldest << " to " << range.newest;
    EXPECT_EQ(me.Stats().version(), range.common);
    EXPECT_EQ(me.Refused(Refusal::OTHER_VERSION), range.common == 0 ? 1u : 0u);
  }
}

// Whatever else such a frame says, its version is what is wrong with it.
TEST(OtherVersion, IsJudgedBeforeAllThatItMayHaveChanged) {
  Side me;
  me.Say();
  Header header = me.FromPeer();
  header.hello->set_version(kNewestVersion + 1);
  header.taken = header.received + 1;  // Malformed, by our version.
  me.Hear(header);
  EXPECT_EQ(me.Refused(Refusal::OTHER_VERSION), 1u);
  EXPECT_EQ(me.Refused(Refusal::MALFORMED), 0u);
}

TEST(Epoch, OfThePeerMakesItAnotherLife) {
  Side me;
  me.Say();
  me.Open();
  me.peer_life.epoch = 2;
  me.Hear(me.Answer());
  EXPECT_EQ(me.OnlyEvent(Event::PEER_RESTARTED).incarnation().epoch(), 2u);
  EXPECT_EQ(me.link.phase(), Phase::kHalf);
}

TEST(Epoch, OfOursThatIsYetToComeIsMalformedAndFencesNobody) {
  Side me;
  me.Say();
  me.Open();
  Header header = me.FromPeer();
  header.dst.epoch = 1;
  me.Hear(header);
  EXPECT_EQ(me.Refused(Refusal::MALFORMED), 1u);
  EXPECT_EQ(me.link.phase(), Phase::kOpen);
}

TEST(OtherVersion, OfANewerLifeMakesThePeerNotLive) {
  Side me;
  me.Say();
  me.Open();
  const Life held = me.peer_life;
  me.peer_life = kNewer;
  Header header = me.Hello();
  header.hello->set_version(kNewestVersion + 1);
  me.Hear(header);
  EXPECT_EQ(me.link.state(), PeerStats::DOWN);
  EXPECT_FALSE(me.link.live());
  me.peer_life = held;
  Header good = me.FromPeer();
  good.hello.reset();
  me.Hear(good);
  EXPECT_EQ(me.link.state(), PeerStats::UP) << "the one that is held speaks";
  EXPECT_TRUE(me.link.live());
}

TEST(OtherConfiguration, IsReportedOnceAndNotRefused) {
  Side me;
  me.Say();
  for (int i = 0; i < 3; ++i) {
    Header header = me.FromPeer();
    header.hello->set_config_digest(6);
    me.Hear(header);
  }
  EXPECT_EQ(me.link.phase(), Phase::kOpen);
  EXPECT_EQ(me.OnlyEvent(Event::CONFIG_DIFFERS).peer(), 2);
  Header header = me.FromPeer();
  header.hello->set_config_digest(7);
  header.hello->set_reload(2);
  me.Hear(header);
  EXPECT_EQ(me.CountEvents(Event::CONFIG_DIFFERS), 2) << "another difference";
  header.hello->set_config_digest(8);
  header.hello->set_reload(1);
  me.Hear(header);
  EXPECT_EQ(me.CountEvents(Event::CONFIG_DIFFERS), 2) << "it comes late";
}

}  // namespace
}  // namespace raft_cluster::internal
