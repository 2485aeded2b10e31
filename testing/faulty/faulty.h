// Transports over which nearly everything goes wrong that transport.h allows:
// frames are lost, doubled, late and overtake each other, connections are made
// anew for no reason, and Send() answers kFull although there is room.
//
//   raft_cluster::Faults faults;
//   faults.loss = 0.05;
//   options.transports = raft_cluster::FaultyTransports(
//       raft_cluster::BuiltinTransports(), faults);
//
// What is promised is kept: Poll(), Wait(), Wake(), ownership and the bounds
// are those of transport.h, so code that fails over a faulty transport asks
// more of a transport than it may. With delays and refusals alone it passes the
// conformance suite.
//
// Thread rule: as Registry's and Transport's.
#ifndef RAFT_TESTING_FAULTY_FAULTY_H_
#define RAFT_TESTING_FAULTY_FAULTY_H_

#include <cstdint>

#include "absl/time/time.h"
#include "raft/transport/registry.h"

namespace raft_cluster {

// Probabilities, from 0 to 1. All faults of a transport follow from the seed,
// its own id and the calls.
struct Faults {
  uint64_t seed = 1;
  // Of a frame that arrives: it does not, it comes once more, it comes late
  // (so that others overtake it). The copy of a doubled one is always late.
  double loss = 0;
  double duplication = 0;
  double delay = 0;
  // Of a frame that is sent: the connection is made anew first, and what was
  // on it is lost.
  double reset = 0;
  // Of a frame that is sent: the transport takes nothing for its peer for a
  // while, this frame included.
  double refusal = 0;
  // How long a delay or a refusal lasts at most.
  absl::Duration longest = absl::Milliseconds(5);
};

// The schemes of `inner`, each with faults.
Registry FaultyTransports(const Registry& inner, const Faults& faults);

// One transport with faults.
Opener FaultyTransport(Opener inner, const Faults& faults);

}  // namespace raft_cluster

#endif  // RAFT_TESTING_FAULTY_FAULTY_H_
