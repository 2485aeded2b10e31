// What the protocol costs per envelope, without threads and I/O.
//
//   bazel run -c opt //testing/benchmarks:link_benchmark
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "benchmark/benchmark.h"
#include "raft/cluster/link/delay_histogram.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/link.h"
#include "raft/cluster/link/send_queue.h"
#include "raft/cluster/link/wire.h"

namespace raft_cluster::internal {
namespace {

Outgoing EnvelopeOf(size_t size_bytes) {
  Outgoing envelope;
  envelope.msg = Bytes::Own(std::string(size_bytes, 'x'));
  return envelope;
}

void AppendCutAndSettle(benchmark::State& state) {
  const Outgoing envelope = EnvelopeOf(static_cast<size_t>(state.range(0)));
  SendQueue queue;
  SendQueue::Slice slice;
  Micros now = 1;
  for (auto _ : state) {
    queue.Append(envelope, ++now);
    if (queue.HasFullFrame()) {
      queue.Cut(UINT64_MAX, &slice);
      queue.Settle(queue.cursor());
      benchmark::DoNotOptimize(slice);
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(AppendCutAndSettle)->Arg(16)->Arg(64)->Arg(1024);

// What the histogram of delays costs each envelope: the queue's work without
// it (range 0) and with it (range 1), a full frame taken at a time. All that
// the watch is told of an envelope is here; one in a frame's worth is recorded.
void WatchDelays(benchmark::State& state) {
  const bool watches = state.range(0) != 0;
  const Outgoing envelope = EnvelopeOf(64);
  SendQueue queue;
  SendQueue::Slice slice;
  DelayWatch delays;
  Micros now = 1;
  for (auto _ : state) {
    queue.Append(envelope, ++now);
    if (watches) delays.OnAppended(queue.end(), now);
    if (queue.HasFullFrame()) {
      queue.Cut(UINT64_MAX, &slice);
      queue.Settle(queue.cursor());
      if (watches) delays.OnTaken(queue.head(), now);
      benchmark::DoNotOptimize(slice);
    }
  }
  benchmark::DoNotOptimize(delays);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(WatchDelays)->Arg(0)->Arg(1);

void RecordADelay(benchmark::State& state) {
  DelayHistogram delays;
  int64_t delay = 1;
  for (auto _ : state) {
    delay = (delay * 7 + 3) & 0xfffff;
    delays.Record(delay);
  }
  benchmark::DoNotOptimize(delays);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(RecordADelay);

void WalkAFrame(benchmark::State& state) {
  const std::string msg(static_cast<size_t>(state.range(0)), 'x');
  std::string frame;
  int64_t items = 0;
  for (; frame.size() + msg.size() < kFragmentBytes; ++items) {
    AppendItem({static_cast<uint64_t>(items), /*broadcast=*/false, msg},
               &frame);
  }
  for (auto _ : state) {
    ItemReader reader(frame);
    for (Item item; reader.Next(&item);) benchmark::DoNotOptimize(item.msg);
  }
  state.SetItemsProcessed(state.iterations() * items);
}
BENCHMARK(WalkAFrame)->Arg(16)->Arg(64)->Arg(1024);

// One end of a session, whose application takes what comes at once.
class End {
 public:
  End(Pid self, Pid peer)
      : link(OptionsOf(self, peer), Life{1, static_cast<uint64_t>(self)},
             /*now=*/1) {}

  // What is due goes to the other end, by way of the wire's bytes.
  void SpeakTo(End& other, Micros now) {
    OutgoingFrame out;
    while (link.NextFrame(now, /*sleeping=*/true, &out)) {
      const bool parsed = ParseFrame(out.Encode(), /*verify_checksum=*/true,
                                     &frame_) == ParseResult::kOk;
      if (parsed) {
        other.TakeAll(other.link.OnFrame(frame_, origin_, now).runs, now);
      }
    }
  }

  Link link;
  uint64_t taken = 0;

 private:
  static LinkOptions OptionsOf(Pid self, Pid peer) {
    LinkOptions options;
    options.self = self;
    options.peer = peer;
    options.link_budget_bytes = options.inbox_budget_bytes = uint64_t{64} << 20;
    options.max_envelope_bytes = uint64_t{16} << 20;
    return options;
  }

  void TakeAll(const std::vector<ItemRun>& runs, Micros now) {
    for (const ItemRun& run : runs) {
      Taken all;
      all.session = run.session;
      ItemReader reader(run.bytes.view());
      for (Item item; reader.Next(&item); ++all.items) all.cost += item.cost();
      all.envelopes = all.items;
      link.Take(all, now);
      taken += all.items;
    }
  }

  const Origin origin_;
  ParsedFrame frame_;
};

// A number of envelopes from one end to the other, and their acknowledgement.
void OneStepOfALink(benchmark::State& state) {
  const int64_t count = state.range(0);
  const Outgoing envelope = EnvelopeOf(64);
  End a(1, 2), b(2, 1);
  Micros now = 1;
  a.link.OnReset(/*up=*/true, now);
  b.link.OnReset(/*up=*/true, now);
  const auto exchange = [&] {
    a.SpeakTo(b, now);
    b.SpeakTo(a, now);
    now += 100;
  };
  for (int i = 0; i < 100 && a.link.phase() != Link::Phase::kOpen; ++i) {
    now += 100000;
    exchange();
  }
  for (auto _ : state) {
    for (int64_t i = 0; i < count; ++i) a.link.Accept(envelope, now);
    exchange();
  }
  exchange();
  if (b.taken != static_cast<uint64_t>(state.iterations() * count)) {
    state.SkipWithError("not everything arrived");
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(OneStepOfALink)->Arg(1)->Arg(10)->Arg(500);

}  // namespace
}  // namespace raft_cluster::internal
