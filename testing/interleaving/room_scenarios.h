// What threads do at the same time where one of them waits for room. For
// pump_test.cc.
//
// Thread rule: that of Bench.
#ifndef RAFT_TESTING_INTERLEAVING_ROOM_SCENARIOS_H_
#define RAFT_TESTING_INTERLEAVING_ROOM_SCENARIOS_H_

#include "raft/testing/interleaving/bench.h"

namespace raft_cluster::internal {

// Of a queue in which one envelope has room.
constexpr Bench::Options OneFits() {
  return {/*peers=*/1, /*queue_bytes=*/100};
}

inline void SendWhenFullAndTaken() {
  Bench bench(OneFits());
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2); }},
             {"peer", [&] { bench.wire.SetTakes(2, true); }}});
}

inline void SendWhenFullAndCloseOutbox() {
  Bench bench(OneFits());
  bench.wire.SetTakes(2, false);
  bench.Send(2);
  bench.Run({{"sends", [&] { bench.Send(2, {kClosed}); }},
             {"closes", [&] {
                bench.pump.CloseOutbox();
                bench.wire.SetTakes(2, true);
              }}});
}

// The queue has room, but it is far ahead of the peer.
constexpr Bench::Options ManyFit() {
  return {/*peers=*/1, /*queue_bytes=*/4 << 20};
}

inline void SendWhenHeldAndTaken() {
  Bench bench(ManyFit());
  bench.wire.SetTakes(2, false);
  bench.SendAhead(2);
  bench.Run({{"sends", [&] { bench.Send(2); }},
             {"sends too", [&] { bench.Send(2); }},
             {"peer", [&] { bench.wire.SetTakes(2, true); }}});
}

inline void SendWhenHeldAndInterrupt() {
  Bench bench(ManyFit());
  bench.wire.SetTakes(2, false);
  bench.SendAhead(2);
  bench.Run({{"sends", [&] { bench.Send(2, {kCut}); }},
             {"interrupts", [&] {
                bench.pump.Interrupt();
                bench.wire.SetTakes(2, true);
              }}});
}

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_ROOM_SCENARIOS_H_
