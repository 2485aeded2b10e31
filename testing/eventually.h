// Waiting for what must happen.
//
//   EXPECT_TRUE(Eventually([&] { return proxy.counts().open == 0; }));
//
// Thread rule: any thread.
#ifndef RAFT_TESTING_EVENTUALLY_H_
#define RAFT_TESTING_EVENTUALLY_H_

#include <functional>

#include "absl/time/time.h"

namespace raft_cluster::internal {

// No test waits longer for what must happen; on a loaded machine it may take
// its time.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

// True as soon as `condition` holds, false if it does not within the patience.
bool Eventually(const std::function<bool()>& condition,
                absl::Duration patience = kPatience);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_EVENTUALLY_H_
