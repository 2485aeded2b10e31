// Who listens under which name in one loopback network.
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_LOOPBACK_NETWORK_H_
#define RAFT_TRANSPORT_LOOPBACK_NETWORK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "raft/base/mutex.h"
#include "raft/transport/loopback/mailbox.h"

namespace raft_cluster::internal {
namespace loopback {

class Network {
 public:
  // Takes `name`, where "*" is replaced by a fresh one, and lets everybody
  // know. UNAVAILABLE: the name is taken.
  absl::Status Bind(std::string& name, std::shared_ptr<Mailbox> mailbox);
  void Unbind(const std::string& name);

  // Null if nobody listens there.
  std::shared_ptr<Mailbox> Find(absl::string_view name);

  // Two numbers for the pipes of a connection: this one and the next.
  uint64_t NextPipeIds();

 private:
  Mutex mu_;
  std::map<std::string, std::shared_ptr<Mailbox>, std::less<>> mailboxes_
      ABSL_GUARDED_BY(mu_);
  uint64_t names_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t pipe_ids_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace loopback
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_LOOPBACK_NETWORK_H_
