// Addresses for the servers of one round: free ports of a loopback address,
// sockets in a folder that goes with the object, or names in memory.
//
// Thread rule: a value that is moved.
#ifndef RAFT_CMD_BENCH_ADDRESSES_H_
#define RAFT_CMD_BENCH_ADDRESSES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace raft_cluster::internal {

class Addresses {
 public:
  // `transport` is a scheme. Those of sockets have ports or paths, all others
  // names. UNAVAILABLE: the system has no more ports, or no folder can be made.
  static absl::StatusOr<Addresses> Pick(const std::string& transport,
                                        int count);
  ~Addresses();
  Addresses(Addresses&& other) noexcept;
  Addresses& operator=(Addresses&&) = delete;

  const std::vector<std::string>& urls() const { return urls_; }

 private:
  Addresses() = default;

  std::vector<std::string> urls_;
  std::string folder_;  // To be removed; empty if there is none.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_ADDRESSES_H_
