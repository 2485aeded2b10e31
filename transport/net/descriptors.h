// What a transport will take of the descriptors that this process may open
// (ulimit -n), reckoned before it opens any.
//
//   auto pledge = DescriptorPledge::Make({/*base=*/20, /*each=*/5,
//   /*peers=*/9}); if (!pledge.ok()) return pledge.status();
//   (*pledge)->Hold(3);   // Three of them are open now ...
//   (*pledge)->Hold(-3);  // ... and closed again.
//
// Connections are made after a transport was opened, so that those of several
// transports in one process would each find descriptors free that all of them
// want. What was pledged and is not open yet counts as taken.
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_NET_DESCRIPTORS_H_
#define RAFT_TRANSPORT_NET_DESCRIPTORS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace raft_cluster::internal {

class DescriptorPledge {
 public:
  struct Needs {
    int base = 0;  // Without any peer.
    int each = 0;  // For each peer.
    int peers = 0;
  };

  // Besides all that is pledged, this many are left to the application.
  static constexpr int kSpare = 16;

  // RESOURCE_EXHAUSTED: the limit leaves too few (says how many are wanted,
  // and how many there are).
  static absl::StatusOr<std::unique_ptr<DescriptorPledge>> Make(
      const Needs& needs);
  ~DescriptorPledge();  // What it holds is closed by then, or about to be.
  DescriptorPledge(const DescriptorPledge&) = delete;
  DescriptorPledge& operator=(const DescriptorPledge&) = delete;

  // So many more of what was pledged are open now; or, below 0, fewer.
  void Hold(int change);
  // There is a peer more than was pledged for. Goes beyond the limit, if need
  // be: whoever comes after this one is told.
  void AddPeer();

 private:
  explicit DescriptorPledge(const Needs& needs);

  const int each_;
  int pledged_;
  int held_ = 0;
};

// Opens `count` descriptors and closes them again. RESOURCE_EXHAUSTED: cannot
// be done. For libraries that abort where they find none.
absl::Status ProbeDescriptors(int count);

// What to say where the system has no descriptor left, by `error` (errno).
// UNAVAILABLE: `error` says something else.
absl::Status DescriptorError(int error);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_DESCRIPTORS_H_
