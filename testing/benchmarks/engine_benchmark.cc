// What a turn of the leader and a unicast cost an engine with so many peers, of
// which all are up and idle:
//
//   bazel run -c opt //testing/benchmarks:engine_benchmark
//
// Neither is to grow with their number.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/link/send_queue.h"
#include "raft/cluster/link/wire.h"

namespace raft_cluster::internal {
namespace {

constexpr Pid kSelf = 1;

// An engine, and peers of it that say what makes a session and nothing else.
class Server {
 public:
  explicit Server(int peers) {
    EngineOptions options;
    options.link.self = kSelf;
    options.link.self_url = Url().ToString();  // All are at the same one.
    options.link.link_budget_bytes = uint64_t{64} << 20;
    options.link.inbox_budget_bytes = uint64_t{64} << 20;
    options.link.max_envelope_bytes = uint64_t{16} << 20;
    options.life = Life{100, 1};
    for (int i = 0; i < peers; ++i) options.peers.push_back({i + 2, {}});
    engine = std::make_unique<Engine>(options, now);
    for (const PeerSpec& peer : options.peers) {
      engine->OnReset(peer.pid, /*up=*/true, now);
      Answer(peer.pid, /*taken=*/0);
    }
    Engine::Due due;
    while (engine->NextFrame(now, /*sleeping=*/true, &due)) {
    }
    for (const PeerSpec& peer : options.peers) Answer(peer.pid, 0);
  }

  // A frame of this peer, which has taken so much.
  void Answer(Pid peer, uint64_t taken) {
    Header header;
    header.from = peer;
    header.to = kSelf;
    header.src = Life{200, 2};
    header.dst = Life{100, 1};
    header.session = true;
    header.first = 1;
    header.received = header.taken = taken;
    header.credit = uint64_t{1} << 40;
    header.stamp = ++stamp_;
    header.echo = taken == 0 ? 0 : static_cast<uint64_t>(now);
    header.hello.emplace();
    header.hello->set_version(kNewestVersion);
    header.hello->set_max_envelope_bytes(uint64_t{16} << 20);
    header.hello->set_url(Url().ToString());
    ParsedFrame frame;
    const ParseResult result =
        ParseFrame(EncodeFrame(header), /*verify_checksum=*/false, &frame);
    engine->OnFrame(Origin(), result, frame, now);
  }

  Micros now = 1000000;
  std::unique_ptr<Engine> engine;

 private:
  uint64_t stamp_ = 0;
};

// What the leader asks between two sleeps in which nothing has happened.
void Turn(benchmark::State& state) {
  Server server(static_cast<int>(state.range(0)));
  Engine& engine = *server.engine;
  std::vector<Pid> reconnect;
  for (auto _ : state) {
    engine.Tick(server.now, &reconnect);
    benchmark::DoNotOptimize(engine.HasDueFrame(server.now, true));
    benchmark::DoNotOptimize(engine.Deadline());
  }
  if (engine.live_peers() != state.range(0)) {
    state.SkipWithError("not all are up");
  }
}
BENCHMARK(Turn)->Arg(10)->Arg(100)->Arg(1000)->Arg(3000);

// One envelope to one of them, its frame, and the answer.
void Unicast(benchmark::State& state) {
  Server server(static_cast<int>(state.range(0)));
  Engine& engine = *server.engine;
  const Outgoing envelope = MakeOutgoing(std::string(64, 'x'), 1, false);
  std::vector<uint64_t> sent(static_cast<size_t>(state.range(0)) + 2);
  std::vector<Pid> reconnect;
  Pid peer = 1;
  for (auto _ : state) {
    peer = peer == state.range(0) + 1 ? 2 : peer + 1;
    if (!engine.Offer(peer, envelope, server.now).ok()) {
      state.SkipWithError("it was not accepted");
      break;
    }
    Engine::Due due;
    while (engine.NextFrame(server.now, /*sleeping=*/false, &due)) {
    }
    server.Answer(peer, ++sent[static_cast<size_t>(peer)]);
    engine.Tick(server.now, &reconnect);
    benchmark::DoNotOptimize(engine.Deadline());
  }
}
BENCHMARK(Unicast)->Arg(10)->Arg(100)->Arg(1000)->Arg(3000);

}  // namespace
}  // namespace raft_cluster::internal
