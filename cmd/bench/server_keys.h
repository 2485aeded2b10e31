// Keys for the servers of one round: a file with a secret for each, in a folder
// that goes with the object.
//
// Thread rule: a value that is moved.
#ifndef RAFT_CMD_BENCH_SERVER_KEYS_H_
#define RAFT_CMD_BENCH_SERVER_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace raft_cluster::internal {

class ServerKeys {
 public:
  // Whether servers may have keys on urls of this scheme.
  static bool KnownTo(const std::string& scheme);
  // Whether they cannot do without.
  static bool NeededBy(const std::string& scheme);

  // No keys.
  ServerKeys() = default;
  // REQUIRES: KnownTo(scheme). UNAVAILABLE: none can be made, or no file.
  static absl::StatusOr<ServerKeys> Make(const std::string& scheme, int count);
  ~ServerKeys();
  ServerKeys(ServerKeys&& other) noexcept;
  ServerKeys& operator=(ServerKeys&&) = delete;

  // By server from 1; both are empty where there are no keys.
  const std::vector<std::string>& listed() const { return listed_; }
  const std::vector<std::string>& files() const { return files_; }

 private:
  std::vector<std::string> listed_;
  std::vector<std::string> files_;
  std::string folder_;  // To be removed; empty if there is none.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_BENCH_SERVER_KEYS_H_
