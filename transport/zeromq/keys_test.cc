#include "raft/transport/zeromq/keys.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

using testing::HasSubstr;

TransportSpec SpecOf(const KeyPair& pair) {
  TransportSpec spec;
  spec.self = 1;
  spec.keys.secret = pair.secret_key;
  spec.keys.listed[1] = {pair.public_key};
  return spec;
}

void ExpectRefused(const TransportSpec& spec, const std::string& why) {
  const absl::Status status = KeyRing::Create(spec).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}

TEST(Keys, NewOnesDiffer) {
  const KeyPair one = NewKeyPair().value();
  const KeyPair two = NewKeyPair().value();
  EXPECT_EQ(one.public_key.size(), KeyRing::kCharacters);
  EXPECT_EQ(one.secret_key.text().size(), KeyRing::kCharacters);
  EXPECT_NE(one.public_key, two.public_key);
  EXPECT_NE(one.secret_key.text(), two.secret_key.text());
  EXPECT_NE(one.secret_key.text(), one.public_key);
}

TEST(Keys, ASecretTellsItsPublicHalf) {
  const KeyPair pair = NewKeyPair().value();
  EXPECT_EQ(PublicKeyOf(pair.secret_key).value(), pair.public_key);
  EXPECT_EQ(PublicKeyOf(std::string("not a key")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Keys, NoneAreARingToo) {
  const KeyRing ring = KeyRing::Create(TransportSpec()).value();
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.Of(1), nullptr);
  EXPECT_EQ(ring.OwnerOf(std::string(KeyRing::kBytes, '\0')), 0);
}

TEST(Keys, OneOfSeveralMayBeTheOwn) {
  const KeyPair own = NewKeyPair().value();
  const std::string next = NewKeyPair().value().public_key;
  TransportSpec spec = SpecOf(own);
  spec.keys.listed[1] = {next, own.public_key};
  spec.keys.listed[2] = {};
  const KeyRing ring = KeyRing::Create(spec).value();
  EXPECT_FALSE(ring.empty());
  EXPECT_EQ(ring.own_public(), own.public_key);
  EXPECT_EQ(ring.Of(1)->size(), 2u);
  EXPECT_EQ(ring.Of(2), nullptr);
  EXPECT_EQ(ring.OwnerOf(std::string(KeyRing::kBytes, 'x')), 0);
}

TEST(Keys, AreRefusedWithTheReason) {
  const KeyPair own = NewKeyPair().value();
  TransportSpec spec = SpecOf(own);
  spec.keys.secret.clear();
  ExpectRefused(spec, "secret is missing");

  spec = SpecOf(own);
  spec.keys.listed.clear();
  ExpectRefused(spec, "no list of whom to believe");

  for (const std::string& bad :
       {std::string(), own.public_key.substr(1), own.public_key + "a",
        std::string(40, '#'), std::string(39, 'a') + "\"",
        std::string(39, 'a') + "\xff", std::string(39, 'a') + " "}) {
    spec = SpecOf(own);
    spec.keys.listed[7] = {own.public_key, bad};
    ExpectRefused(spec, "of server 7 is no public key");
    spec = SpecOf(own);
    spec.keys.secret = bad.empty() ? std::string("x") : bad;
    ExpectRefused(spec, "the secret is no key");
  }

  spec = SpecOf(own);
  spec.keys.listed = {{2, {own.public_key}}};
  ExpectRefused(spec, "\"" + own.public_key + "\", is not listed for server 1");
}

}  // namespace
}  // namespace zeromq
}  // namespace raft_cluster::internal
