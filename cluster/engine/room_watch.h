// Who was refused for want of room, and is to be told once when there is some.
//
//   watch.Owe(2, cost);                      // A send to server 2 was refused.
//   watch.Settle([&](Pid to, uint64_t cost) { return has_room(to, cost); },
//                [&](Pid to) { tell(to); });
//
// Thread rule: none of its own.
#ifndef RAFT_CLUSTER_ENGINE_ROOM_WATCH_H_
#define RAFT_CLUSTER_ENGINE_ROOM_WATCH_H_

#include <algorithm>
#include <cstdint>
#include <map>

#include "absl/functional/function_ref.h"
#include "raft/base/pid.h"

namespace raft_cluster::internal {

class RoomWatch {
 public:
  // `to`: a peer, or kBroadcast. Of several that were refused the largest
  // counts.
  void Owe(Pid to, uint64_t cost) {
    uint64_t& largest = owed_[to];
    largest = std::max(largest, cost);
  }
  bool empty() const { return owed_.empty(); }
  // Tells of those that have room, and forgets them.
  void Settle(absl::FunctionRef<bool(Pid to, uint64_t cost)> has_room,
              absl::FunctionRef<void(Pid to)> tell) {
    for (auto owed = owed_.begin(); owed != owed_.end();) {
      if (!has_room(owed->first, owed->second)) {
        ++owed;
        continue;
      }
      tell(owed->first);
      owed = owed_.erase(owed);
    }
  }
  void Forget(Pid to) { owed_.erase(to); }
  void Clear() { owed_.clear(); }

 private:
  std::map<Pid, uint64_t> owed_;  // In an order that is the same in each run.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_ROOM_WATCH_H_
