# Makes of the ring's sources some whose shared memory answers what it likes.

s,#include "raft/transport/shm/ring.h",#include "raft/testing/fuzz/hostile_ring.h",
s,#include "absl/status/statusor.h",&\n#include "raft/testing/fuzz/hostile_atomic.h",
s,RAFT_TRANSPORT_SHM_RING_H_,RAFT_TESTING_FUZZ_HOSTILE_RING_H_,
s/std::atomic</HostileAtomic</g
