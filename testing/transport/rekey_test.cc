// Keys that change while a transport runs.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/stream/tls/tls.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/keys.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {
namespace {

using Listed = std::vector<std::string>;

KeyPair NewCurveKeys() { return NewKeyPair().value(); }

KeyPair NewTlsKeys() {
  const Secret own = NewTlsCredentials().value();
  return {TlsPinOf(own).value(), own};
}

struct Carrier {
  const char* scheme;
  Opener open;
  KeyPair (*new_keys)();
};

// Servers 1 and 2, each connected to the other.
class Rekey : public testing::TestWithParam<Carrier> {
 protected:
  void SetUp() override {
    a = Open(1, Keys(old_1, {old_1.public_key}, {old_2.public_key}));
    b = Open(2, Keys(old_2, {old_1.public_key}, {old_2.public_key}));
    ASSERT_TRUE((*a)->Connect({2, (*b)->url()}).ok());
    ASSERT_TRUE((*b)->Connect({1, (*a)->url()}).ok());
    ASSERT_TRUE(Reach());
  }

  static TransportKeys Keys(const KeyPair& own, const Listed& of_1,
                            const Listed& of_2) {
    TransportKeys keys;
    keys.secret = own.secret_key;
    keys.listed[1] = of_1;
    keys.listed[2] = of_2;
    return keys;
  }
  static std::unique_ptr<Node> Open(Pid self, const TransportKeys& keys) {
    const TransportUnderTest under_test = {
        GetParam().open, [] {
          return ParseUrl(
                     absl::StrCat(GetParam().scheme, "://", OwnAddress(), ":0"))
              .value();
        }};
    return std::make_unique<Node>(under_test, [&](TransportSpec& spec) {
      spec.self = self;
      spec.keys = keys;
    });
  }

  // What each sends from now on arrives at the other.
  bool Reach() { return Reaches(*a, 2, *b) && Reaches(*b, 1, *a); }
  bool Reaches(Node& from, Pid to, Node& at) {
    const std::string text = absl::StrCat("frame ", ++sent_);
    return RunUntil({a.get(), b.get()}, [&] {
      from->Send(to, Text(text));
      return at.CountOf(text) > 0;
    });
  }
  // Nothing that is sent arrives, while the other notices `refused`.
  bool IsTurnedAway(Node& from, Pid to, Node& at) {
    const size_t frames = at.frames.size();
    const int before = at.refused[TurnedAway::kUnknownKey];
    const bool noticed = RunUntil({a.get(), b.get()}, [&] {
      from->Send(to, Text("of one who has no good key"));
      return at.refused[TurnedAway::kUnknownKey] > before + 1;
    });
    return noticed && at.frames.size() == frames;
  }

  const KeyPair old_1 = GetParam().new_keys();
  const KeyPair old_2 = GetParam().new_keys();
  const KeyPair new_2 = GetParam().new_keys();
  std::unique_ptr<Node> a;
  std::unique_ptr<Node> b;

 private:
  int sent_ = 0;
};

TEST_P(Rekey, AKeyThatIsTakenAwayCutsItsConnectionsAtOnce) {
  ASSERT_TRUE(
      (*a)->Rekey(Keys(old_1, {old_1.public_key}, {new_2.public_key})).ok());
  EXPECT_TRUE(IsTurnedAway(*b, 1, *a)) << "its own connection is cut, too";
  ASSERT_TRUE(
      (*a)->Rekey(Keys(old_1, {old_1.public_key}, {old_2.public_key})).ok());
  EXPECT_TRUE(Reach()) << "a key that is added is good at once";
}

TEST_P(Rekey, OneThatIsGoneMayNotSpeak) {
  TransportKeys keys = Keys(old_1, {old_1.public_key}, {});
  keys.listed.erase(2);
  (*a)->Disconnect(2);
  ASSERT_TRUE((*a)->Rekey(keys).ok());
  EXPECT_TRUE(IsTurnedAway(*b, 1, *a));
}

// In three steps, each by one side at a time, and it is never apart for long.
TEST_P(Rekey, ASecretIsChangedForAnother) {
  const Listed both = {old_2.public_key, new_2.public_key};
  ASSERT_TRUE((*a)->Rekey(Keys(old_1, {old_1.public_key}, both)).ok());
  EXPECT_TRUE(Reach());
  const Url url = (*b)->url();
  ASSERT_TRUE((*b)->Rekey(Keys(new_2, {old_1.public_key}, both)).ok());
  EXPECT_EQ((*b)->url().ToString(), url.ToString());
  EXPECT_TRUE(Reach());
  const Listed only_new = {new_2.public_key};
  ASSERT_TRUE((*b)->Rekey(Keys(new_2, {old_1.public_key}, only_new)).ok());
  ASSERT_TRUE((*a)->Rekey(Keys(old_1, {old_1.public_key}, only_new)).ok());
  EXPECT_TRUE(Reach());
  EXPECT_EQ(a->frames.back().origin.proven, 2);
}

TEST_P(Rekey, AMistakeChangesNothing) {
  const auto code = [this](const TransportKeys& keys) {
    return (*a)->Rekey(keys).code();
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(code({}), kInvalid) << "no keys any more";
  EXPECT_EQ(code(Keys(old_1, {old_1.public_key}, {"no key"})), kInvalid);
  EXPECT_EQ(code(Keys(old_1, {new_2.public_key}, {old_2.public_key})), kInvalid)
      << "its own is not listed";
  EXPECT_TRUE(Reach());
  // Nothing was cut: where two connections become one there are more resets.
  if (std::string(GetParam().scheme) == "tcp") {
    EXPECT_EQ(a->resets[2], 1);
  }
  EXPECT_TRUE(a->refused.empty() && b->refused.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Carriers, Rekey,
    testing::Values(Carrier{"tcp", ZeroMqTransport(), NewCurveKeys},
                    Carrier{"tls", TlsTransport(), NewTlsKeys}),
    [](const auto& info) { return std::string(info.param.scheme); });

TEST(RekeyWithoutKeys, IsRefused) {
  const TransportUnderTest under_test = {
      ZeroMqTransport(), [] { return ParseUrl("tcp://127.0.0.1:0").value(); }};
  Node node(under_test);
  EXPECT_TRUE(node->Rekey({}).ok());
  const KeyPair pair = NewKeyPair().value();
  TransportKeys keys;
  keys.secret = pair.secret_key;
  keys.listed[1] = {pair.public_key};
  EXPECT_EQ(node->Rekey(keys).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace raft_cluster::internal
