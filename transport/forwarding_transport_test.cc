// Puts a transport that writes down its calls behind the decorator, and makes
// each call once: what comes out has to be what went in, both ways.

#include "raft/transport/forwarding_transport.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster {
namespace {

using testing::_;
using testing::Field;
using testing::Ref;
using testing::Return;
using testing::ReturnRef;

class MockTransport : public Transport {
 public:
  MOCK_METHOD(const Url&, url, (), (const, override));
  MOCK_METHOD(Properties, properties, (), (const, override));
  MOCK_METHOD(absl::Status, Connect, (const PeerSpec&), (override));
  MOCK_METHOD(void, Disconnect, (Pid), (override));
  MOCK_METHOD(SendResult, Send, (Pid, const Frame&), (override));
  MOCK_METHOD(SendResult, Reply, (const Origin&, const Frame&), (override));
  MOCK_METHOD(int, Poll, (int, Receiver&), (override));
  MOCK_METHOD(void, Wait, (absl::Duration), (override));
  MOCK_METHOD(void, Wake, (), (override));
};

class MockReceiver : public Receiver {
 public:
  MOCK_METHOD(void, OnFrame, (const Origin&, Frame), (override));
  MOCK_METHOD(void, OnReset, (Pid, bool), (override));
  MOCK_METHOD(void, OnTrouble, (Pid, const absl::Status&), (override));
  MOCK_METHOD(void, OnTurnedAway, (TurnedAway, Pid, const std::string&),
              (override));
};

struct Forwarded {
  std::unique_ptr<testing::StrictMock<MockTransport>> owned =
      std::make_unique<testing::StrictMock<MockTransport>>();
  testing::StrictMock<MockTransport>& inner = *owned;
  ForwardingTransport outer{std::move(owned)};
};

TEST(ForwardingTransport, ForwardsEveryQuestion) {
  Forwarded transport;
  const Url url = ParseUrl("loopback://here").value();
  Properties properties;
  properties.proves_peers = true;
  EXPECT_CALL(transport.inner, url()).WillOnce(ReturnRef(url));
  EXPECT_CALL(transport.inner, properties()).WillOnce(Return(properties));
  EXPECT_EQ(&transport.outer.url(), &url);
  EXPECT_TRUE(transport.outer.properties().proves_peers);
}

TEST(ForwardingTransport, ForwardsEveryCallAndItsAnswer) {
  Forwarded transport;
  testing::StrictMock<MockReceiver> receiver;
  PeerSpec peer;
  peer.pid = 7;
  Origin origin;
  origin.connection = 9;
  const absl::Status refusal = absl::InvalidArgumentError("no");
  EXPECT_CALL(transport.inner, Connect(Field(&PeerSpec::pid, 7)))
      .WillOnce(Return(refusal));
  EXPECT_CALL(transport.inner, Disconnect(7));
  EXPECT_CALL(transport.inner, Send(7, _)).WillOnce(Return(SendResult::kFull));
  EXPECT_CALL(transport.inner, Reply(Field(&Origin::connection, 9), _))
      .WillOnce(Return(SendResult::kTooLarge));
  EXPECT_CALL(transport.inner, Poll(5, Ref(receiver))).WillOnce(Return(3));
  EXPECT_CALL(transport.inner, Wait(absl::Seconds(2)));
  EXPECT_CALL(transport.inner, Wake());

  EXPECT_EQ(transport.outer.Connect(peer), refusal);
  transport.outer.Disconnect(7);
  EXPECT_EQ(transport.outer.Send(7, Frame()), SendResult::kFull);
  EXPECT_EQ(transport.outer.Reply(origin, Frame()), SendResult::kTooLarge);
  EXPECT_EQ(transport.outer.Poll(5, receiver), 3);
  transport.outer.Wait(absl::Seconds(2));
  transport.outer.Wake();
}

TEST(ForwardingReceiver, ForwardsEverythingThatIsReported) {
  testing::StrictMock<MockReceiver> inner;
  ForwardingReceiver outer(&inner);
  Origin origin;
  origin.connection = 9;
  const absl::Status why = absl::UnavailableError("refused");
  EXPECT_CALL(inner, OnFrame(Field(&Origin::connection, 9), _));
  EXPECT_CALL(inner, OnReset(7, true));
  EXPECT_CALL(inner, OnTrouble(7, why));
  EXPECT_CALL(inner, OnTurnedAway(TurnedAway::kTooLarge, 8, "there"));

  outer.OnFrame(origin, Frame());
  outer.OnReset(7, true);
  outer.OnTrouble(7, why);
  outer.OnTurnedAway(TurnedAway::kTooLarge, 8, "there");
}

}  // namespace
}  // namespace raft_cluster
