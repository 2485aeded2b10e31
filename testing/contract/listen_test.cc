// Servers that listen elsewhere than at the url that their peers know, as in a
// container or behind a NAT: a proxy is what forwards to them.
#include <memory>
#include <string>
#include <utility>

#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/proxy/proxy.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

// Of three servers the second one has another address outside. The others do
// not care what their file says of where it listens.
TEST(Listen, IsWhereAServerIsAndItsUrlIsWhereItsPeersCall) {
  const auto proxy = std::make_shared<std::unique_ptr<TcpProxy>>();
  LocalCluster::Setup setup;
  setup.config_of = [proxy](Pid pid, Config config) -> absl::StatusOr<Config> {
    Config::Member& two = *config.mutable_object()->mutable_servers(1);
    const std::string inside = two.url();
    if (*proxy == nullptr) {
      auto started = TcpProxy::Start(*ParseUrl(inside));
      if (!started.ok()) return started.status();
      *proxy = *std::move(started);
    }
    two.set_url((*proxy)->url().ToString());
    two.set_listen(pid == 2 ? inside : "192.0.2.1:9");
    return config;
  };
  const LocalCluster cluster(3, "tcp", setup);
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  EXPECT_NE(cluster[2].url(), (*proxy)->url().ToString());
  EXPECT_EQ(cluster[1].stats().peers(0).url(), (*proxy)->url().ToString());
  EXPECT_GT((*proxy)->counts().accepted, 0);

  for (Pid from : {1, 2, 3}) {
    ASSERT_THAT(cluster[from].outbox().Send(kBroadcast, "hello", kPatience),
                IsOk());
    for (Pid to : {1, 2, 3}) {
      if (to == from) continue;
      const auto got = cluster[to].inbox().Receive(kPatience);
      ASSERT_THAT(got, IsOk());
      EXPECT_EQ(got->from(), from);
    }
  }
  for (Pid pid : {1, 2, 3}) {
    for (auto event = cluster[pid].NextEvent(absl::ZeroDuration()); event.ok();
         event = cluster[pid].NextEvent(absl::ZeroDuration())) {
      EXPECT_NE(event->kind(), Event::CONFIG_DIFFERS)
          << event->ShortDebugString();
      // A peer that came before server 2 asked the proxy why it gets no
      // further, and let go: a connection without a word.
      if (event->refusal() == Refusal::HANDSHAKE) continue;
      EXPECT_NE(event->kind(), Event::FRAME_REFUSED)
          << event->ShortDebugString();
    }
  }
}

}  // namespace
}  // namespace raft_cluster::internal
