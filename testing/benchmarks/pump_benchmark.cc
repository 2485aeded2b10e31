// What it costs to hand envelopes from one server to another in memory: both
// on one thread, so that no change of threads is in it.
//
//   bazel run -c opt //testing/benchmarks:pump_benchmark
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "raft/cluster/server.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

// So many at a time; and whether whoever receives has asked for Server::fd(),
// which costs nothing before.
void SendAndReceive(benchmark::State& state) {
  const int64_t count = state.range(0);
  const bool has_fd = state.range(1) != 0;
  Config config;
  config.mutable_object()->set_total(2);
  for (Pid pid : {1, 2}) {
    Config::Member* const member = config.mutable_object()->add_servers();
    member->set_mypid(pid);
    member->set_url(absl::StrCat("loopback://server-", pid));
  }
  const Options options;  // One for both: they meet in its loopback network.
  const auto from = Server::Start(config, 1, options);
  const auto to = Server::Start(config, 2, options);
  if (!from.ok() || !to.ok() || !(*from)->WaitForPeers(1, kPatience).ok() ||
      !(*to)->WaitForPeers(1, kPatience).ok()) {
    state.SkipWithError("the servers do not meet");
    return;
  }
  if (has_fd && !(*to)->fd().ok()) {
    state.SkipWithError("there is no descriptor");
    return;
  }
  const std::string msg(64, 'x');
  std::vector<Received> received;
  for (auto _ : state) {
    for (int64_t i = 0; i < count; ++i) {
      if (!(*from)->outbox().TrySend(2, msg).ok()) {
        state.SkipWithError("there is no room");
        return;
      }
    }
    while (received.size() < static_cast<size_t>(count)) {
      const auto got = (*to)->inbox().ReceiveBatch(
          kPatience, static_cast<size_t>(count), received);
      if (!got.ok()) {
        state.SkipWithError("nothing arrives");
        return;
      }
    }
    received.clear();
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(SendAndReceive)
    ->ArgNames({"envelopes", "fd"})
    ->ArgsProduct({{1, 10, 1000}, {0, 1}})
    ->UseRealTime();

}  // namespace
}  // namespace raft_cluster::internal
