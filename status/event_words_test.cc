#include "raft/status/event_words.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

// Goes by the schema: whoever adds a kind has to find words for it.
TEST(ShowEvent, HasWordsOfItsOwnForEveryKind) {
  std::set<std::string> words;
  for (int kind = 1; kind < Event::Kind_ARRAYSIZE; ++kind) {
    if (!Event::Kind_IsValid(kind)) continue;
    Event event;
    event.set_kind(static_cast<Event::Kind>(kind));
    event.set_peer(3);
    event.set_detail("because");
    const std::string text = ShowEvent(event);
    EXPECT_FALSE(text.empty()) << Event::Kind_Name(event.kind());
    EXPECT_TRUE(words.insert(text).second) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

TEST(ShowEvent, ExplainsEveryRefusal) {
  for (int reason = 1; reason < Refusal::Reason_ARRAYSIZE; ++reason) {
    if (!Refusal::Reason_IsValid(reason)) continue;
    Event event;
    event.set_kind(Event::FRAME_REFUSED);
    event.set_count(1);
    event.set_refusal(static_cast<Refusal::Reason>(reason));
    EXPECT_EQ(ShowEvent(event).find("()"), std::string::npos)
        << Refusal::Reason_Name(event.refusal());
  }
}

TEST(ShowEvent, SaysWhoWasRefusedAndHowOften) {
  Event event;
  event.set_kind(Event::FRAME_REFUSED);
  event.set_refusal(Refusal::UNKNOWN_KEY);
  event.set_count(7);
  event.set_folded(7);
  event.set_peer(3);
  event.set_address("10.0.0.9");
  EXPECT_EQ(ShowEvent(event),
            "refused 7 x UNKNOWN_KEY, server 3, from 10.0.0.9 (its key is not "
            "in this server's config)");
}

TEST(ShowEvent, CountsWhatWasFoldedAndWhatWasMissed) {
  Event event;
  event.set_kind(Event::PEER_UP);
  event.set_peer(2);
  event.set_folded(1);
  EXPECT_EQ(ShowEvent(event), "server 2 is up");
  event.set_folded(4);
  event.set_missed(9);
  EXPECT_EQ(ShowEvent(event),
            "server 2 is up (4 times) (9 events before it missed)");
}

TEST(ShowEvent, SaysWhyAPeerCannotBeReached) {
  Event event;
  event.set_kind(Event::PEER_UNREACHABLE);
  event.set_peer(2);
  event.set_address("tcp://db:1");
  event.set_detail("no such host");
  EXPECT_EQ(ShowEvent(event),
            "server 2 cannot be reached at tcp://db:1: no such host");
}

TEST(ShowState, HasTheReasonWhereThereIsOne) {
  RecordedState change;
  change.set_peer(3);
  change.set_state(PeerStats::SILENT);
  change.set_reason("not heard for 2s");
  EXPECT_EQ(ShowState(change), "server 3: SILENT (not heard for 2s)");
  change.set_state(PeerStats::UP);
  change.clear_reason();
  EXPECT_EQ(ShowState(change), "server 3: UP");
}

}  // namespace
}  // namespace raft_cluster::internal
