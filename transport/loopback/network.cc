#include "raft/transport/loopback/network.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace loopback {

absl::Status Network::Bind(std::string& name,
                           std::shared_ptr<Mailbox> mailbox) {
  MutexLock lock(mu_);
  if (name == "*") {
    do {
      name = absl::StrCat("auto-", ++names_);
    } while (mailboxes_.count(name) > 0);
  }
  if (!mailboxes_.emplace(name, std::move(mailbox)).second) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on \"loopback://", name,
        "\": another transport of this network has the name; is the same "
        "server running twice?"));
  }
  // One of them may wait for this name. In memory nobody needs a back-off.
  for (const auto& entry : mailboxes_) entry.second->Attend();
  return absl::OkStatus();
}

void Network::Unbind(const std::string& name) {
  MutexLock lock(mu_);
  mailboxes_.erase(name);
}

std::shared_ptr<Mailbox> Network::Find(absl::string_view name) {
  MutexLock lock(mu_);
  const auto found = mailboxes_.find(name);
  return found == mailboxes_.end() ? nullptr : found->second;
}

uint64_t Network::NextPipeIds() {
  MutexLock lock(mu_);
  // One for each way; Reply() finds the other by the lowest bit.
  return pipe_ids_ += 2;
}

}  // namespace loopback
}  // namespace raft_cluster::internal
