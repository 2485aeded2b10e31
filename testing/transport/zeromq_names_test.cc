// Host names in the ZeroMQ transport: they move, fail, and hang.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/base/mutex.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster::internal {
namespace {

// A name service of the test's own. What it has no entry for hangs until it is
// entered. Shared, because a look-up that hangs outlives its transport.
class Names {
 public:
  void Enter(const std::string& host, absl::StatusOr<Addresses> addresses) {
    MutexLock lock(mu_);
    entries_.erase(host);
    entries_.emplace(host, std::move(addresses));
    entered_.NotifyAll();
  }

  absl::StatusOr<Addresses> Resolve(const std::string& host) {
    MutexLock lock(mu_);
    ++asked_[host];
    entered_.NotifyAll();
    while (entries_.count(host) == 0) entered_.Wait(mu_);
    return entries_.at(host);
  }

  int asked(const std::string& host) {
    MutexLock lock(mu_);
    return asked_[host];
  }

 private:
  Mutex mu_;
  CondVar entered_;
  std::map<std::string, absl::StatusOr<Addresses>> entries_
      ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> asked_ ABSL_GUARDED_BY(mu_);
};

class ZeroMqNames : public testing::Test {
 protected:
  ZeroMqNames() {
    ZeroMqOptions options;
    options.resolve = [names = names_](const std::string& host) {
      return names->Resolve(host);
    };
    under_test_.open = ZeroMqTransport(options);
    under_test_.fresh_url = [] {
      return ParseUrl(absl::StrCat(OwnAddress(), ":0")).value();
    };
  }

  static Url Named(const std::string& host, uint16_t port) {
    return ParseUrl(absl::StrCat(host, ":", port)).value();
  }

  static uint16_t PortOf(Node& node) {
    return ParseTcpAddress(node->url()).value().port;
  }

  // Sends until it arrives.
  static bool GetsThrough(Node& from, Pid as, Node& to,
                          const std::string& bytes) {
    return RunUntil({&from, &to}, [&] {
      from->Send(as, Text(bytes));
      return to.CountOf(bytes) > 0;
    });
  }

  const std::shared_ptr<Names> names_ = std::make_shared<Names>();
  TransportUnderTest under_test_;
};

TEST_F(ZeroMqNames, AllAddressesOfANameAreTried) {
  // Nobody listens on the first two.
  Node a(under_test_);
  Node b(under_test_);
  names_->Enter("b", Addresses{"127.0.0.1", "::1", OwnAddress()});
  ASSERT_TRUE(a->Connect({2, Named("b", PortOf(b))}).ok());
  EXPECT_TRUE(GetsThrough(a, 2, b, "hello"));
  EXPECT_EQ(names_->asked("b"), 1);
}

TEST_F(ZeroMqNames, APeerIsFoundAgainWhereItMovedTo) {
  Node a(under_test_);
  auto b = std::make_unique<Node>(under_test_);
  const uint16_t port = PortOf(*b);
  names_->Enter("b", Addresses{OwnAddress()});
  ASSERT_TRUE(a->Connect({2, Named("b", port)}).ok());
  ASSERT_TRUE(GetsThrough(a, 2, *b, "here"));
  b = nullptr;
  b = std::make_unique<Node>(under_test_, Named(OwnAddress(1), port));
  names_->Enter("b", Addresses{OwnAddress(1)});
  EXPECT_TRUE(GetsThrough(a, 2, *b, "there"));
}

TEST_F(ZeroMqNames, ANameThatFailsIsAskedAgain) {
  Node a(under_test_);
  Node b(under_test_);
  names_->Enter("b", absl::NotFoundError("no such host"));
  ASSERT_TRUE(a->Connect({2, Named("b", PortOf(b))}).ok());
  ASSERT_TRUE(RunUntil({&a}, [&] { return names_->asked("b") >= 3; }));
  EXPECT_EQ(a->Send(2, Text("x")), SendResult::kFull);
  ASSERT_EQ(a.troubles[2].size(), 1u) << "said once";
  EXPECT_EQ(a.troubles[2][0].message(), "no such host");
  names_->Enter("b", Addresses{OwnAddress()});
  EXPECT_TRUE(GetsThrough(a, 2, b, "hello"));
}

TEST_F(ZeroMqNames, ANameThatHangsHindersNobody) {
  // Neither peers with addresses or other names, nor those who give up on it,
  // nor the end of the transport.
  Node b(under_test_);
  Node c(under_test_);
  names_->Enter("c", Addresses{OwnAddress()});
  {
    Node a(under_test_);
    ASSERT_TRUE(a->Connect({4, Named("hangs", 80)}).ok());
    ASSERT_TRUE(a->Connect({5, Named("hangs-too", 80)}).ok());
    Link(a, 2, b);
    ASSERT_TRUE(a->Connect({3, Named("c", PortOf(c))}).ok());
    EXPECT_TRUE(GetsThrough(a, 3, c, "hello"));
    a->Disconnect(4);
    const absl::Time begin = absl::Now();
    a.transport = nullptr;
    EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  }
  names_->Enter("hangs", Addresses{});
  names_->Enter("hangs-too", Addresses{});
}

TEST_F(ZeroMqNames, ListensOnTheFirstAddressThatItCan) {
  // 192.0.2.1 belongs to nobody's machine.
  names_->Enter("me", Addresses{"192.0.2.1", OwnAddress()});
  Node b(under_test_, Named("me", 0));
  EXPECT_EQ(ParseTcpAddress(b->url())->host, "me");
  ASSERT_NE(PortOf(b), 0);
  Node a(under_test_);
  ASSERT_TRUE(a->Connect({2, Named(OwnAddress(), PortOf(b))}).ok());
  EXPECT_TRUE(GetsThrough(a, 2, b, "hello"));
}

TEST_F(ZeroMqNames, SaysWhyItCannotListenOnAName) {
  names_->Enter("unknown", absl::NotFoundError("no such host"));
  names_->Enter("elsewhere", Addresses{"192.0.2.1"});
  const std::map<std::string, std::string> reasons = {
      {"unknown", "no such host"},
      {"elsewhere", "no network interface of this machine"},
      {"hangs", "not resolved within 5s"},
  };
  for (const auto& entry : reasons) {
    TransportSpec spec;
    spec.url = Named(entry.first, 0);
    const absl::Status status = under_test_.open(spec).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(absl::StrContains(status.message(), entry.second)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), entry.first)) << status;
  }
  names_->Enter("hangs", Addresses{});
}

}  // namespace
}  // namespace raft_cluster::internal
