// The fixture of tests that run servers: one cluster or several on the wires
// that are the test's parameter: a scheme as it is, or with faults. At the end
// of each test what went through them is judged, and their ledgers must
// balance.
//
//   class Greeting : public ClusterTest {};
//   TEST_P(Greeting, IsHeard) {
//     RecordedCluster& cluster = NewCluster(2);
//     ...
//   }
//   INSTANTIATE_TEST_SUITE_P(Schemes, Greeting, AllSchemes(), SchemeName);
//
// Thread rule: the test's thread.
#ifndef RAFT_TESTING_CLUSTER_TEST_H_
#define RAFT_TESTING_CLUSTER_TEST_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/server.h"
#include "raft/testing/eventually.h"
#include "raft/testing/local_cluster.h"
#include "raft/testing/recorded_cluster.h"

namespace raft {

class ClusterTest : public ::testing::TestWithParam<std::string> {
 protected:
  // REQUIRES: the parameter is one of AllSchemesAndFaults() or
  // AllSchemesAndKeys().
  const std::string& scheme() const { return GetParam(); }
  bool has_faults() const {
    return scheme() == "faulty_loopback" || scheme() == "proxied_tcp";
  }

  // Starts it, and waits until its servers are up. It lives as long as the
  // test.
  RecordedCluster& NewCluster(int servers);
  RecordedCluster& NewCluster(int servers, const LocalCluster::Setup& setup);

  void TearDown() override;

 private:
  std::vector<std::unique_ptr<RecordedCluster>> clusters_;
};

inline auto AllSchemes() { return ::testing::Values("tcp", "ipc", "loopback"); }
// "curve_tcp": tcp, and every server has keys. For tests that use NewCluster().
inline auto AllSchemesAndKeys() {
  return ::testing::Values("tcp", "curve_tcp", "ipc", "loopback");
}
// "faulty_loopback": it loses, doubles, delays and reorders frames, refuses
// some, and resets connections. "proxied_tcp": all connections lead through
// proxies, which reset each after some 100 KB. For tests that use NewCluster()
// and judge no times.
inline auto AllSchemesAndFaults() {
  return ::testing::Values("tcp", "ipc", "loopback", "faulty_loopback",
                           "proxied_tcp");
}
std::string SchemeName(const ::testing::TestParamInfo<std::string>& info);

// The same options for all servers.
LocalCluster::Setup With(const Options& options);
// Envelopes of at most 64 KiB, and the least budgets that this allows: 128 KiB
// each.
Options SmallBudgets();
// Tests in which a peer falls silent should not take long; but on a loaded
// machine a healthy one is not heard for a while.
constexpr absl::Duration kShortFailureTimeout = absl::Seconds(1);
// An envelope's cost besides its msg, as cluster/options.h says.
constexpr size_t kEnvelopeCost = 64;

// What `server` says of a peer. Empty if it is none.
PeerStats StatsOf(const Server& server, Pid peer);
Ledger LedgerOf(const Server& server, Pid peer);

// EXPECT_THAT(value, HasCode(absl::StatusCode::kNotFound)), for Status and
// StatusOr.
inline absl::Status AsStatus(const absl::Status& status) { return status; }
template <typename T>
absl::Status AsStatus(const absl::StatusOr<T>& value) {
  return value.status();
}
MATCHER_P(HasCode, code, "has code " + absl::StatusCodeToString(code)) {
  *result_listener << AsStatus(arg);
  return AsStatus(arg).code() == code;
}
// The same, and the message contains `text`.
MATCHER_P2(HasCodeAndText, code, text,
           "has code " + absl::StatusCodeToString(code) + " and says " + text) {
  const absl::Status status = AsStatus(arg);
  *result_listener << status;
  return status.code() == code &&
         std::string(status.message()).find(text) != std::string::npos;
}
MATCHER(IsOk, "is OK") {
  *result_listener << AsStatus(arg);
  return AsStatus(arg).ok();
}

}  // namespace raft

#endif  // RAFT_TESTING_CLUSTER_TEST_H_
