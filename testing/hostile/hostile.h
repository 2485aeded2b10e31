// The fixture of tests in which strangers come to the port of a server: two
// servers that send to each other all the time, and a third that is never
// there, so that they call it again and again. Whatever the strangers do, in
// the end everything still flows, the memory has not grown beyond its bound,
// and what the applications took is as promised (ClusterTest).
//
// Thread rule: the test's thread.
#ifndef RAFT_TESTING_HOSTILE_HOSTILE_H_
#define RAFT_TESTING_HOSTILE_HOSTILE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/fixtures/cluster_test.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// By so much the process may grow, the strangers' own side included: thousands
// of connections with what libzmq has for each, and what the load itself needs.
inline constexpr size_t kMemoryBound = size_t{160} << 20;

class Hostile : public ClusterTest {
 protected:
  void SetUp() override { Begin(LocalCluster::Setup()); }
  // All that makes the fixture, on a cluster of this setup.
  void Begin(LocalCluster::Setup setup);
  void TearDown() override;

  bool has_keys() const { return scheme() == "curve_tcp"; }
  // Where server 1 listens.
  const Url& url() const { return url_; }
  RecordedCluster& cluster() { return *cluster_; }

  // Another thousand envelopes are taken in each direction.
  bool Flows();
  // How many frames and callers of nobody's server 1 has refused for this.
  uint64_t Refused(Refusal::Reason reason);
  bool RefusesAtLeast(uint64_t count, Refusal::Reason reason);

  // The process has not grown by more than kMemoryBound, so far.
  void ExpectBoundedMemory();
  void StopSending();

 private:
  Url url_;
  RecordedCluster* cluster_ = nullptr;
  size_t resident_at_start_ = 0;
  std::atomic<bool> done_{false};
  std::vector<std::thread> senders_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_HOSTILE_HOSTILE_H_
