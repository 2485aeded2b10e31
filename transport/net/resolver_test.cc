#include "raft/transport/net/resolver.h"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(60);

// Something that threads wait for. Shared, because a look-up that hangs may
// outlive the test's own frame.
class Gate {
 public:
  void Open() {
    MutexLock lock(mu_);
    open_ = true;
    changed_.NotifyAll();
  }
  void Pass() {
    MutexLock lock(mu_);
    ++passing_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(mu_);
  }
  bool WaitForThose(int count) {
    MutexLock lock(mu_);
    for (int i = 0; i < 600 && passing_ < count; ++i) {
      changed_.WaitFor(mu_, std::chrono::milliseconds(100));
    }
    return passing_ >= count;
  }

 private:
  Mutex mu_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
  int passing_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST(Lookup, GivesWhatTheFunctionGives) {
  auto gate = std::make_shared<Gate>();
  auto done = std::make_shared<Gate>();
  Resolver resolver(
      [gate](const std::string& host) -> absl::StatusOr<Addresses> {
        gate->Pass();
        if (host == "bad") return absl::NotFoundError("no such host");
        if (host == "empty") return Addresses();
        return Addresses{"127.0.0.1", "::1"};
      },
      [done] { done->Pass(); });
  done->Open();
  const std::shared_ptr<Lookup> good = resolver.Start("good");
  const std::shared_ptr<Lookup> bad = resolver.Start("bad");
  const std::shared_ptr<Lookup> empty = resolver.Start("empty");
  EXPECT_FALSE(good->done());
  EXPECT_FALSE(good->WaitUntilDone(absl::Milliseconds(1)));
  gate->Open();
  ASSERT_TRUE(good->WaitUntilDone(kPatience));
  ASSERT_TRUE(bad->WaitUntilDone(kPatience));
  ASSERT_TRUE(empty->WaitUntilDone(kPatience));
  EXPECT_THAT(good->result().value(), ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(bad->result().status().message(), "no such host");
  EXPECT_EQ(empty->result().status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(done->WaitForThose(3));
}

TEST(Lookup, OneThatHangsHoldsUpNothing) {
  // Neither another name nor the end of the resolver, after which it must not
  // call anybody.
  auto gate = std::make_shared<Gate>();
  auto resolver = std::make_unique<Resolver>(
      [gate](const std::string& host) -> absl::StatusOr<Addresses> {
        if (host == "hangs") gate->Pass();
        return Addresses{"127.0.0.1"};
      },
      [] {});
  const std::shared_ptr<Lookup> hanging = resolver->Start("hangs");
  const std::shared_ptr<Lookup> other = resolver->Start("other");
  EXPECT_TRUE(other->WaitUntilDone(kPatience));
  EXPECT_FALSE(hanging->done());
  resolver = nullptr;
  gate->Open();
  EXPECT_TRUE(hanging->WaitUntilDone(kPatience));
}

TEST(Lookup, NoMoreThanSoManyHang) {
  auto gate = std::make_shared<Gate>();
  Resolver resolver(
      [gate](const std::string&) -> absl::StatusOr<Addresses> {
        gate->Pass();
        return Addresses{"127.0.0.1"};
      },
      [] {});
  std::vector<std::shared_ptr<Lookup>> lookups;
  for (int i = 0; i < Resolver::kMaxLookups; ++i) {
    lookups.push_back(resolver.Start("hangs"));
    ASSERT_FALSE(lookups.back()->done());
  }
  const std::shared_ptr<Lookup> refused = resolver.Start("one more");
  ASSERT_TRUE(refused->done());
  EXPECT_EQ(refused->result().status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(refused->result().status().message(), HasSubstr("one more"));
  gate->Open();
  for (const auto& lookup : lookups) {
    EXPECT_TRUE(lookup->WaitUntilDone(kPatience));
  }
}

TEST(Lookup, LocalhostIsThisMachineWhateverAnybodySays) {
  // No hosts file and no resolver knows the names within it.
  for (const char* host : {"localhost", "localhost.", "LocalHost",
                           "one.localhost", "a.b.localhost."}) {
    const absl::StatusOr<Addresses> found = ResolveWithSystem(host);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_THAT(*found, ElementsAre("127.0.0.1", "::1")) << host;
  }
}

TEST(Lookup, TheSystemGivesEachAddressOnce) {
  // Asked for, and not a name of ours: getaddrinfo() answers it by itself.
  const absl::StatusOr<Addresses> found = ResolveWithSystem("127.0.0.1");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, ElementsAre("127.0.0.1"));
}

TEST(Lookup, TheSystemSaysWhichNameItDoesNotKnow) {
  // Not a name that a resolver would ask the network for.
  const absl::StatusOr<Addresses> found = ResolveWithSystem("a b");
  EXPECT_FALSE(found.ok());
  EXPECT_THAT(found.status().message(), HasSubstr("\"a b\""));
}

}  // namespace
}  // namespace raft_cluster::internal
