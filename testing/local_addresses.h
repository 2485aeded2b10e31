// Addresses for servers of a test: nobody else's, and known before anything
// listens on them, as a configuration wants it.
//
//   auto addresses = raft_cluster::LocalAddresses::Pick("tcp", 3);
//   // {"tcp://127.1.58.9:40817", "tcp://127.1.58.9:33291", ...}
//
// tcp, plain, tls: ports of a loopback address that is made from the process
// id, so that any number of test runs get along side by side; no port is given
// twice to one process. ipc, unix, shm: short paths in a folder of their own,
// which is removed with the object. Other schemes: names, as loopback has them.
//
// Thread rule: Pick() from any thread; an object is a value.
#ifndef RAFT_TESTING_LOCAL_ADDRESSES_H_
#define RAFT_TESTING_LOCAL_ADDRESSES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"

namespace raft_cluster {

class LocalAddresses {
 public:
  // INVALID_ARGUMENT: `count` is not positive. UNAVAILABLE: the system has no
  // more ports, or no folder can be made.
  static absl::StatusOr<LocalAddresses> Pick(absl::string_view scheme,
                                             int count);

  const std::vector<std::string>& urls() const { return urls_; }

 private:
  LocalAddresses() = default;

  std::vector<std::string> urls_;
  // Shared by copies, the last of which removes the folder.
  std::shared_ptr<const std::string> folder_;
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_LOCAL_ADDRESSES_H_
