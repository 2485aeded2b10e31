// A cluster with a proxy before each of its servers: who connects to one goes
// through its proxy.
//
//   auto proxies = std::make_shared<Proxies>();
//   LocalCluster::Setup setup;
//   setup.config_of = [proxies](Pid pid, const Config& config) {
//     return proxies->ConfigOf(pid, config);
//   };
//   LocalCluster cluster(2, "tcp", setup);
//   proxies->to(2).Freeze();
//
// Thread rule: one thread, but for what a TcpProxy allows.
#ifndef RAFT_TESTING_PROXY_PROXIES_H_
#define RAFT_TESTING_PROXY_PROXIES_H_

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "raft/cluster/config.h"
#include "raft/testing/proxy/proxy.h"

namespace raft_cluster::internal {

class Proxies {
 public:
  // `prepare` is called once for each proxy.
  explicit Proxies(std::function<void(TcpProxy&)> prepare = [](TcpProxy&) {})
      : prepare_(std::move(prepare)) {}

  // What server `pid` is to be told: all are at the urls of their proxies, and
  // it listens itself where the proxy calls. The first call starts the proxies.
  // As TcpProxy::Start().
  absl::StatusOr<Config> ConfigOf(Pid pid, Config config);

  // REQUIRES: a call of ConfigOf() has succeeded, with a server `pid`.
  TcpProxy& to(Pid pid) const { return *proxies_.at(pid); }

 private:
  const std::function<void(TcpProxy&)> prepare_;
  std::map<Pid, std::unique_ptr<TcpProxy>> proxies_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROXY_PROXIES_H_
