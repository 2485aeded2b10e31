// Servers with keys: those of the configuration talk to each other, and nobody
// else gets a word in.

#include <sys/stat.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "raft/cluster/config/key_file.h"
#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/local_addresses.h"
#include "raft/testing/local_cluster.h"
#include "raft/testing/test_keys.h"

namespace raft_cluster::internal {
namespace {

// Refused frames and callers: of a peer, or of nobody in particular.
uint64_t CountOf(const Server& server, Refusal::Reason reason, Pid peer = 0) {
  const Stats stats = server.stats();
  const auto* refusals = &stats.refused_frames();
  for (const PeerStats& each : stats.peers()) {
    if (each.pid() == peer) refusals = &each.refused_frames();
  }
  for (const Refusal& refusal : *refusals) {
    if (refusal.reason() == reason) return refusal.count();
  }
  return 0;
}

// Server 3 comes later, and has what the test gives it in place of what the
// others expect.
class Keys : public ::testing::TestWithParam<std::string> {
 protected:
  void StartOneAndTwo() {
    LocalCluster::Setup setup;
    setup.late = {3};
    setup.options = [this](Pid pid) {
      Options options;
      options.key_file = files_[pid];
      return options;
    };
    setup.config_of = [this](Pid pid, const Config& urls) {
      return absl::StatusOr<Config>(WithKeys(pid, urls));
    };
    cluster_ = std::make_unique<LocalCluster>(3, GetParam(), setup);
    ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  }

  // What `pid` is told now.
  Config ConfigOf(Pid pid) { return WithKeys(pid, cluster_->config()); }
  Config WithKeys(Pid pid, Config config) {
    for (Config::Member& member : *config.mutable_object()->mutable_servers()) {
      const auto& listed = told_.count(pid) != 0 ? told_[pid] : listed_;
      for (int number : listed.at(member.mypid())) {
        member.add_keys(keys_.pair(number).public_key);
      }
    }
    return config;
  }

  Server& server(Pid pid) { return (*cluster_)[pid]; }

  bool Talk(Pid from, Pid to) {
    EXPECT_THAT(server(from).outbox().Send(to, "hello", kPatience), IsOk());
    const auto got = server(to).inbox().Receive(kPatience);
    EXPECT_THAT(got, IsOk());
    return got.ok() && got->from() == from && got->msg() == "hello";
  }
  // The intruder is kept out, and the others do not mind.
  void ExpectOut() {
    EXPECT_EQ(StatsOf(server(1), 3).state(), PeerStats::CONNECTING);
    EXPECT_EQ(StatsOf(server(3), 1).state(), PeerStats::CONNECTING);
    EXPECT_TRUE(Talk(1, 2));
    EXPECT_TRUE(Talk(2, 1));
  }
  // Counted at server `at`, and reported with the address if it is a caller's.
  void ExpectRefused(Pid at, Refusal::Reason reason, Pid peer) {
    EXPECT_TRUE(Eventually([&] { return CountOf(server(at), reason, peer); }))
        << Refusal::Reason_Name(reason) << " at " << at << "\n"
        << server(at).stats().DebugString();
    for (;;) {
      const auto event = server(at).NextEvent(kPatience);
      ASSERT_THAT(event, IsOk());
      // Whose connection has gone by the time that we ask has no address; it
      // comes again.
      if (event->kind() == Event::FRAME_REFUSED && event->refusal() == reason &&
          event->peer() == peer &&
          absl::StrContains(event->address(), "127.")) {
        return;
      }
    }
  }

  TestKeys keys_{4, GetParam()};
  // The numbers of the keys that are listed for each pid, and what a single
  // server is told instead.
  std::map<Pid, std::vector<int>> listed_ = {{1, {1}}, {2, {2}}, {3, {3}}};
  std::map<Pid, std::map<Pid, std::vector<int>>> told_;
  std::map<Pid, std::string> files_ = {
      {1, keys_.file(1)}, {2, keys_.file(2)}, {3, keys_.file(3)}};
  std::unique_ptr<LocalCluster> cluster_;
};

TEST_P(Keys, OfTheConfigurationLetTheirServersIn) {
  StartOneAndTwo();
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  EXPECT_TRUE(Talk(1, 3));
  EXPECT_TRUE(Talk(3, 2));
  EXPECT_EQ(CountOf(server(1), Refusal::UNKNOWN_KEY), 0u);
  EXPECT_EQ(CountOf(server(1), Refusal::WRONG_KEY, 3), 0u);
}

TEST_P(Keys, ThatNobodyListsLetNobodyIn) {
  StartOneAndTwo();
  told_[3] = {{1, {1}}, {2, {2}}, {3, {4}}};
  files_[3] = keys_.file(4);
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ExpectRefused(1, Refusal::UNKNOWN_KEY, 0);
  // And whoever calls him finds another key than it should be.
  ExpectRefused(1, Refusal::HANDSHAKE, 3);
  ExpectRefused(3, Refusal::HANDSHAKE, 1);
  ExpectOut();
}

TEST_P(Keys, OfAnotherPidDoNotProveOnesOwn) {
  StartOneAndTwo();
  told_[3] = {{1, {1}}, {2, {4}}, {3, {2}}};
  files_[3] = keys_.file(2);
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ExpectRefused(1, Refusal::WRONG_KEY, 3);
  ExpectOut();
  EXPECT_EQ(StatsOf(server(1), 2).state(), PeerStats::UP);
}

// It believes that another key is server 1's than the one that it is.
TEST_P(Keys, OfTheServerThatIsCalledMustBeRight) {
  StartOneAndTwo();
  told_[3] = {{1, {4}}, {2, {2}}, {3, {3}}};
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ExpectRefused(3, Refusal::HANDSHAKE, 1);
  ExpectRefused(1, Refusal::HANDSHAKE, 0);
  // Server 1's calls, with a key that 3 does not know.
  ExpectRefused(3, Refusal::UNKNOWN_KEY, 0);
  ExpectOut();
}

// A server of tls:// has some, always.
class KeysOfTcp : public Keys {};

TEST_P(KeysOfTcp, AreMissedInWhoHasNone) {
  StartOneAndTwo();
  told_[3] = {{1, {}}, {2, {}}, {3, {}}};
  files_[3] = "";
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ExpectRefused(1, Refusal::HANDSHAKE, 0);
  ExpectRefused(3, Refusal::HANDSHAKE, 1);
  ExpectOut();
}

TEST_P(KeysOfTcp, AreOfNoUseWhereNobodyAsksForThem) {
  told_[1] = told_[2] = {{1, {}}, {2, {}}, {3, {}}};
  files_[1] = files_[2] = "";
  StartOneAndTwo();
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ExpectRefused(1, Refusal::HANDSHAKE, 0);
  ExpectRefused(3, Refusal::HANDSHAKE, 1);
  ExpectOut();
}

TEST_P(Keys, AreChangedWithoutAPause) {
  // Both listed, the old one used; the new one used; the old one dropped.
  listed_[3] = {3, 4};
  StartOneAndTwo();
  ASSERT_THAT(cluster_->Start(3), IsOk());
  ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  EXPECT_TRUE(Talk(1, 3));
  files_[3] = keys_.file(4);
  ASSERT_THAT(cluster_->Restart(3), IsOk());
  ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  EXPECT_TRUE(Talk(1, 3));
  EXPECT_TRUE(Talk(3, 1));
  listed_[3] = {4};
  ASSERT_THAT(cluster_->Restart(1), IsOk());
  ASSERT_THAT(cluster_->WaitUntilUp(kPatience), IsOk());
  EXPECT_TRUE(Talk(1, 3));
  EXPECT_TRUE(Talk(3, 1));
  // From now on whoever has the old one is a stranger.
  told_[3] = {{1, {1}}, {2, {2}}, {3, {3}}};
  files_[3] = keys_.file(3);
  ASSERT_THAT(cluster_->Restart(3), IsOk());
  ExpectRefused(1, Refusal::UNKNOWN_KEY, 0);
}

// The same, and nobody is started again.
TEST_P(Keys, AreChangedWithoutARestart) {
  StartOneAndTwo();
  EXPECT_TRUE(Talk(1, 2));
  const auto reload = [&](Pid pid) {
    ReloadReport report;
    EXPECT_THAT(server(pid).Reload(ConfigOf(pid), &report), IsOk());
    return report;
  };
  listed_[2] = {2, 4};
  EXPECT_EQ(reload(1).ToString(), "reload 1: other keys for 2");
  EXPECT_EQ(reload(2).ToString(), "reload 1: other keys for this server");
  EXPECT_TRUE(Talk(1, 2));
  EXPECT_TRUE(Talk(2, 1));
  keys_.Replace(2, 4);  // In its file.
  EXPECT_EQ(reload(2).ToString(), "reload 2: other keys for this server");
  EXPECT_TRUE(Talk(2, 1));
  EXPECT_TRUE(Talk(1, 2));
  listed_[2] = {4};
  EXPECT_EQ(reload(1).ToString(), "reload 2: other keys for 2");
  EXPECT_EQ(reload(2).ToString(), "reload 3: other keys for this server");
  EXPECT_TRUE(Talk(2, 1));
  EXPECT_TRUE(Talk(1, 2));
  EXPECT_THAT(cluster_->CheckLedgers(), IsOk());
  const Ledger ledger = LedgerOf(server(1), 2);
  EXPECT_EQ(ledger.voided() + ledger.skipped(), 0u) << "it is one session";
}

// The key of a server that is removed is of no more use.
TEST_P(Keys, OfARemovedServerCutIt) {
  StartOneAndTwo();
  EXPECT_TRUE(Talk(2, 1));
  Config config = ConfigOf(1);
  auto* servers = config.mutable_object()->mutable_servers();
  servers->DeleteSubrange(1, 1);
  config.mutable_object()->set_total(servers->size());
  ASSERT_THAT(server(1).Reload(config), IsOk());
  ExpectRefused(1, Refusal::UNKNOWN_KEY, 0);
  ASSERT_THAT(server(1).Reload(ConfigOf(1)), IsOk());
  ASSERT_THAT(server(1).WaitForPeers(1, kPatience), IsOk());
  EXPECT_TRUE(Talk(2, 1));
}

TEST_P(Keys, ThatAreNoneChangeNothing) {
  StartOneAndTwo();
  Config config = ConfigOf(1);
  config.mutable_object()->mutable_servers(1)->set_keys(0, "no key");
  EXPECT_THAT(server(1).Reload(config),
              HasCodeAndText(absl::StatusCode::kInvalidArgument, "no key"));
  EXPECT_TRUE(Talk(1, 2));
  keys_.Remove(1);
  EXPECT_THAT(
      server(1).Reload(ConfigOf(1)),
      HasCodeAndText(absl::StatusCode::kInvalidArgument, keys_.file(1)));
  EXPECT_TRUE(Talk(1, 2));
}

INSTANTIATE_TEST_SUITE_P(Carriers, Keys, ::testing::Values("tcp", "tls"),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Carriers, KeysOfTcp, ::testing::Values("tcp"),
                         [](const auto& info) { return info.param; });

class KeyErrors : public ::testing::Test {
 protected:
  // One server, of which this is said when it starts.
  void ExpectRefused(const std::string& what, const std::string& file,
                     bool listed = true) {
    Config config;
    config.mutable_object()->set_total(1);
    Config::Member& member = *config.mutable_object()->add_servers();
    member.set_mypid(1);
    const auto addresses = LocalAddresses::Pick(scheme_, 1);
    ASSERT_THAT(addresses, IsOk());
    member.set_url(addresses->urls()[0]);
    Options options;
    options.key_file = file;
    EXPECT_THAT(
        Server::Start(listed ? list_->ListedIn(config) : config, 1, options),
        HasCodeAndText(absl::StatusCode::kInvalidArgument, what));
  }

  std::string scheme_ = "tcp";
  TestKeys keys_{2};
  const TestKeys* list_ = &keys_;
};

TEST_F(KeyErrors, AreSaidAtTheStart) {
  ExpectRefused("key_file does not say where", "");
  ExpectRefused("nobody could be told from a stranger", keys_.file(1),
                /*listed=*/false);
  ExpectRefused("cannot be read", "/nowhere/one.key");
  ExpectRefused("\"" + keys_.pair(2).public_key + "\", is not listed",
                keys_.file(2));
  ASSERT_EQ(chmod(keys_.file(1).c_str(), 0644), 0);
  ExpectRefused("chmod 600", keys_.file(1));
  const std::string bad = keys_.file(1) + ".bad";
  ASSERT_THAT(WriteKeyFile(bad, "not a key"), IsOk());
  ExpectRefused("the secret is no key", bad);
}

TEST_F(KeyErrors, OfTlsAreSaidAtTheStart) {
  scheme_ = "tls";
  ExpectRefused("is no key of tls://", keys_.file(1));
  ExpectRefused("nobody could be told from a stranger", keys_.file(1),
                /*listed=*/false);
  ExpectRefused("nobody to believe", "", /*listed=*/false);
  const TestKeys tls_keys(2, "tls");
  list_ = &tls_keys;
  ExpectRefused("\"" + tls_keys.pair(2).public_key + "\", is not listed",
                tls_keys.file(2));
  ExpectRefused("there is no private key", keys_.file(1));
}

TEST_F(KeyErrors, NameASchemeThatKnowsNoKeys) {
  for (const char* scheme : {"ipc", "loopback"}) {
    scheme_ = scheme;
    ExpectRefused(std::string(scheme) + ":// knows none", keys_.file(1));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
