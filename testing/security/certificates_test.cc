// Servers of tls:// that believe a CA: those whose certificates name them talk
// to each other, and what is wrong with another's is said at both ends.
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/config/key_file.h"
#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/local_cluster.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/stream/tls/testing_certificates.h"

namespace raft_cluster::internal {
namespace {

constexpr char kCluster[] = "the orders";
// As a url has it.
constexpr char kName[] = "URI:raft://the%20orders/";

// Server 3 comes later, with a certificate that the test gives it.
class Certificates : public ::testing::Test {
 protected:
  Certificates() {
    folder_ = absl::StrCat(::testing::TempDir(), "/certificatesXXXXXX");
    EXPECT_NE(mkdtemp(&folder_[0]), nullptr);
    std::ofstream(CaFile()) << ca_.pem();
    for (const Pid pid : {1, 2, 3}) {
      Write(pid, ca_.Issue(Of(absl::StrCat(kName, pid))));
    }
  }
  ~Certificates() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static TestCertificate Of(const std::string& name, int from = -1,
                            int until = 100) {
    TestCertificate certificate;
    certificate.names = {name};
    certificate.from_days = from;
    certificate.until_days = until;
    return certificate;
  }
  std::string CaFile() const { return absl::StrCat(folder_, "/ca.pem"); }
  std::string File(Pid pid) const {
    return absl::StrCat(folder_, "/", pid, ".pem");
  }
  void Write(Pid pid, const Secret& secret) const {
    std::remove(File(pid).c_str());
    ASSERT_THAT(WriteKeyFile(File(pid), secret.text()), IsOk());
  }

  void StartOneAndTwo() {
    LocalCluster::Setup setup;
    setup.late = {3};
    setup.options = [this](Pid pid) {
      Options options;
      options.key_file = File(pid);
      options.tls_ca = CaFile();
      return options;
    };
    setup.config_of = [this](Pid pid, const Config& urls) {
      Config config = urls;
      config.mutable_object()->set_cluster(kCluster);
      // Who is told a key may show it in place of a name.
      for (auto& member : *config.mutable_object()->mutable_servers()) {
        if (pid == 3 && !pin_of_3_.empty()) {
          member.add_keys(member.mypid() == 3 ? pin_of_3_ : NoKey(member));
        }
      }
      return absl::StatusOr<Config>(config);
    };
    cluster_ = std::make_unique<LocalCluster>(3, "tls", setup);
    ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  }
  // One that nobody has.
  static std::string NoKey(const Config::Member& member) {
    return absl::StrCat("sha256:", std::string(63, '0'), member.mypid());
  }

  Server& server(Pid pid) { return (*cluster_)[pid]; }
  bool Talk(Pid from, Pid to) {
    EXPECT_THAT(server(from).outbox().Send(to, "hello", kPatience), IsOk());
    const auto got = server(to).inbox().Receive(kPatience);
    EXPECT_THAT(got, IsOk());
    return got.ok() && got->from() == from && got->msg() == "hello";
  }
  struct Said {
    Event::Kind kind;
    std::string words;
  };
  // What server `at` says sooner or later, in any order.
  static void ExpectSaid(Server& at, std::vector<Said> expected) {
    while (!expected.empty()) {
      const auto event = at.NextEvent(kPatience);
      ASSERT_THAT(event, IsOk()) << expected.front().words;
      expected.erase(std::remove_if(expected.begin(), expected.end(),
                                    [&](const Said& said) {
                                      return event->kind() == said.kind &&
                                             absl::StrContains(event->detail(),
                                                               said.words);
                                    }),
                     expected.end());
    }
  }

  // Server 3 shows this, and server 1 says of it that `called` when it calls,
  // and why it cannot be reached; and 3 why it is turned away.
  void ExpectOut(const Secret& shown, const std::string& called,
                 const std::string& why, const std::string& turned_away) {
    StartOneAndTwo();
    Write(3, shown);
    pin_of_3_ = TlsPinOf(shown).value();
    ASSERT_THAT(cluster_->Start(3), IsOk());
    ExpectSaid(server(1), {{Event::FRAME_REFUSED, called},
                           {Event::PEER_UNREACHABLE, why}});
    ExpectSaid(server(3), {{Event::PEER_UNREACHABLE, turned_away}});
    EXPECT_EQ(StatsOf(server(1), 3).state(), PeerStats::CONNECTING);
    EXPECT_TRUE(Talk(1, 2));
    EXPECT_TRUE(Talk(2, 1));
    const Stats stats = server(1).stats();
    bool counted = false;
    for (const Refusal& refusal : stats.refused_frames()) {
      counted |= refusal.reason() == Refusal::BAD_CERTIFICATE;
    }
    EXPECT_TRUE(counted) << stats.DebugString();
  }

  const TestCa ca_;
  std::string folder_;
  std::string pin_of_3_;
  std::unique_ptr<LocalCluster> cluster_;
};

TEST_F(Certificates, ThatNameTheirServersLetThemIn) {
  StartOneAndTwo();
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  EXPECT_TRUE(Talk(1, 3));
  EXPECT_TRUE(Talk(3, 2));
  EXPECT_EQ(server(1).stats().refused_frames_size(), 0);
}

TEST_F(Certificates, ThatHaveExpiredLetNobodyIn) {
  ExpectOut(ca_.Issue(Of(absl::StrCat(kName, 3), -30, -20)), "it has expired",
            "its certificate expired on 20", "it has expired");
}

TEST_F(Certificates, OfAnotherCaLetNobodyIn) {
  ExpectOut(TestCa().Issue(Of(absl::StrCat(kName, 3))),
            "no CA that this server believes", "signed by none of our CAs",
            "turned our certificate away");
}

TEST_F(Certificates, OfAnotherClusterLetNobodyIn) {
  ExpectOut(ca_.Issue(Of("URI:raft://orders/3")), "it is somebody else's",
            "names raft://orders/3, not raft://the%20orders/3 or tls://",
            "it names no server that is listed there");
}

// It is put in place of the one before, and nobody is started again.
TEST_F(Certificates, AreReplacedBeforeTheyExpire) {
  StartOneAndTwo();
  EXPECT_TRUE(Talk(1, 2));
  Write(2, ca_.Issue(Of(absl::StrCat(kName, 2), -1, 200)));
  Config config = cluster_->config();
  config.mutable_object()->set_cluster(kCluster);
  ReloadReport report;
  ASSERT_THAT(server(2).Reload(config, &report), IsOk());
  EXPECT_TRUE(report.own_keys);
  EXPECT_TRUE(Talk(2, 1));
  EXPECT_TRUE(Talk(1, 2));
  // And a CA in place of the one before: both are believed meanwhile.
  const TestCa other;
  std::ofstream(CaFile()) << ca_.pem() << other.pem();
  for (const Pid pid : {1, 2}) {
    ASSERT_THAT(server(pid).Reload(config), IsOk());
  }
  for (const Pid pid : {1, 2}) {
    Write(pid, other.Issue(Of(absl::StrCat(kName, pid))));
    ASSERT_THAT(server(pid).Reload(config), IsOk());
    EXPECT_TRUE(Talk(2, 1));
    EXPECT_TRUE(Talk(1, 2));
  }
  std::ofstream(CaFile()) << other.pem();
  for (const Pid pid : {1, 2}) {
    ASSERT_THAT(server(pid).Reload(config), IsOk());
  }
  EXPECT_TRUE(Talk(2, 1));
  EXPECT_TRUE(Talk(1, 2));
  EXPECT_THAT(cluster_->CheckLedgers(), IsOk());
}

TEST_F(Certificates, MistakesAreSaidAtTheStart) {
  Config config;
  config.mutable_object()->set_total(1);
  Config::Member& member = *config.mutable_object()->add_servers();
  member.set_mypid(1);
  member.set_url("tls://127.0.0.1:10001");
  Options options;
  options.tls_ca = CaFile();
  const auto expect = [&](const std::string& words) {
    EXPECT_THAT(Server::Start(config, 1, options),
                HasCodeAndText(absl::StatusCode::kInvalidArgument, words));
  };
  expect("Options::key_file does not say");
  options.key_file = File(1);
  expect("names raft://the%20orders/1, not raft:///1 or tls://127.0.0.1:10001");
  options.tls_ca = "/nowhere/ca.pem";
  expect("the CA file \"/nowhere/ca.pem\" cannot be read");
  options.tls_ca = CaFile();
  member.set_url("127.0.0.1:10001");
  expect("server 1 is at tcp://127.0.0.1:10001: only tls:// knows");
}

}  // namespace
}  // namespace raft_cluster::internal
