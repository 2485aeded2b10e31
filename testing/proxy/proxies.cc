#include "raft/testing/proxy/proxies.h"

#include "absl/status/status.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

absl::StatusOr<Config> Proxies::ConfigOf(Pid pid, Config config) {
  for (Config::Member& member : *config.mutable_object()->mutable_servers()) {
    std::unique_ptr<TcpProxy>& proxy = proxies_[member.mypid()];
    if (proxy == nullptr) {
      const absl::StatusOr<Url> url = ParseUrl(member.url());
      if (!url.ok()) return url.status();
      auto started = TcpProxy::Start(*url);
      if (!started.ok()) return started.status();
      proxy = *std::move(started);
      prepare_(*proxy);
    }
    if (member.mypid() == pid) member.set_listen(member.url());
    member.set_url(proxy->url().ToString());
  }
  return config;
}

}  // namespace raft_cluster::internal
