// What threads do at the same time where one of them has a loop of its own, or
// a handler. For pump_test.cc.
//
// Thread rule: that of Bench.
#ifndef RAFT_TESTING_INTERLEAVING_POLL_SCENARIOS_H_
#define RAFT_TESTING_INTERLEAVING_POLL_SCENARIOS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/cluster/handler.h"
#include "raft/testing/interleaving/bench.h"
#include "raft/testing/interleaving/schedule.h"

namespace raft_cluster::internal {

// Waits by polling alone, and then takes all that is there.
inline void PollFor(Bench* bench, int envelopes) {
  const int fd = bench->Fd();
  while (envelopes > 0) {
    Bench::Poll(fd);
    while (bench->Receive({kOk, kLate}, absl::ZeroDuration())) --envelopes;
  }
}

inline void CheckNothingShown(Bench* bench) {
  Schedule::Current().Check(!Bench::Readable(bench->Fd()),
                            "readable for nothing");
}

inline void PollAndReceive() {
  Bench bench({});
  bench.Run({{"polls", [&] { PollFor(&bench, 2); }},
             {"peer",
              [&] {
                bench.wire.Say(2, {"x"});
                bench.wire.Say(2, {"y"});
              }},
             {"sends", [&] { bench.Send(2); }}});
  CheckNothingShown(&bench);
}

// Each takes one. What the one who waits has taken is not shown any more, so
// the other may find nothing, and polls again.
inline void PollAndReceiveToo() {
  Bench bench({});
  bench.Run({{"polls",
              [&] {
                const int fd = bench.Fd();
                do {
                  Bench::Poll(fd);
                } while (!bench.Receive({kOk, kLate}, absl::ZeroDuration()));
              }},
             {"receives", [&] { bench.Receive(); }},
             {"peer", [&] {
                bench.wire.Say(2, {"x", "y"});
              }}});
  CheckNothingShown(&bench);
}

// The event comes of the broadcast itself, and nothing else will happen.
inline void PollAndSkip() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/100, /*up=*/false});
  bench.Broadcast();
  bench.Run({{"broadcasts", [&] { bench.Broadcast(); }}, {"polls", [&] {
                                                            Bench::Poll(
                                                                bench.Fd());
                                                            bench.NextEvent();
                                                          }}});
}

// Who is refused waits for no time, but for the event that there is room.
inline void RefusedAndToldOfRoom() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/100});
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends",
              [&] {
                while (!bench.TrySend(2)) {
                  Bench::Poll(bench.Fd());
                  bench.NextEvent();
                }
              }},
             {"peer", [&] { bench.wire.SetTakes(2, true); }}});
}

// It waits for room with a peer that is no more.
inline void ReloadAndSend() {
  Bench bench({/*peers=*/1, /*queue_bytes=*/100});
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2, {kNobody}); }},
             {"reloads", [&] { bench.ReloadWithout(); }}});
}

inline void PollAndClose() {
  Bench bench({});
  bench.Run({{"polls",
              [&] {
                Bench::Poll(bench.Fd());
                bench.Receive({kClosed}, absl::ZeroDuration());
              }},
             {"closes", [&] { bench.Close(); }}});
}

inline void PollAndInterrupt() {
  Bench bench({});
  bench.Run({{"polls",
              [&] {
                Bench::Poll(bench.Fd());
                bench.Receive({kCut}, absl::ZeroDuration());
              }},
             {"interrupts", [&] { bench.pump.Interrupt(); }}});
}

// Never called: what is posted here asks its context for nothing.
class NoContext : public Context {
 public:
  Pid pid() const override { return kSelf; }
  std::vector<Pid> peers() const override { return {}; }
  absl::Duration now() const override { return absl::ZeroDuration(); }
  uint64_t Random() override { return 0; }
  PeerStats::State state(Pid) const override { return PeerStats::UP; }
  size_t max_envelope_bytes() const override { return 0; }
  absl::StatusOr<Receipt> TrySend(Pid, absl::string_view, uint64_t,
                                  SendWhen) override {
    return Receipt();
  }
  size_t Discard(Pid) override { return 0; }
  void SetTimer(int, absl::Duration) override {}
  void Stop() override {}
};

// The one who waits may lead, follow, or be on its way to either.
inline void PostAndReceiveNext() {
  Bench bench({});
  int ran = 0;
  bench.Run({{"posts", [&] { bench.Post(&ran); }},
             {"receives", [&] { bench.Receive(); }},
             {"handles", [&] {
                NoContext context;
                const Pump::Next next = bench.ReceiveNext();
                Schedule::Current().Check(next.post != nullptr, "not a post");
                next.post(context);
                bench.wire.Say(2, {"x"});
              }}});
  Schedule::Current().Check(ran == 1, "not run");
}

inline void PostAndPoll() {
  Bench bench({});
  int ran = 0;
  bench.Run({{"posts", [&] { bench.Post(&ran); }},
             {"posts too", [&] { bench.Post(&ran); }},
             {"polls", [&] {
                NoContext context;
                const int fd = bench.PostsFd();
                while (ran < 2) {
                  Bench::Poll(fd);
                  const auto next =
                      bench.ReceiveNext({kOk, kLate}, absl::ZeroDuration());
                  if (next.post) next.post(context);
                }
                Schedule::Current().Check(!Bench::Readable(fd),
                                          "readable for nothing");
              }}});
}

// It is run, or destroyed, or was refused.
inline void PostAndClose() {
  Bench bench({});
  int ran = 0;
  bench.Run({{"posts",
              [&] {
                bench.Post(&ran, {kOk, kClosed});
              }},
             {"handles",
              [&] {
                NoContext context;
                const Pump::Next next = bench.ReceiveNext({kOk, kClosed});
                if (next.post) next.post(context);
              }},
             {"closes", [&] { bench.Close(); }}});
}

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_POLL_SCENARIOS_H_
