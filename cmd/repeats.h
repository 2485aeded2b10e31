// Makes of events that come again and again a line now and then, with a count.
//
//   Repeats repeats;
//   for (const Event& event : repeats.Add(event, now)) Say(ShowEvent(event));
//   for (const Event& event : repeats.Due(now)) Say(ShowEvent(event));
//
// What changes a peer's state is always said. What may repeat for ever, such as
// the refusal of one who calls every second, is said at once the first time,
// and then at most every 2 s, 4 s, 8 s and so on to every 5 min.
//
// Thread rule: one thread at a time.
#ifndef RAFT_CMD_REPEATS_H_
#define RAFT_CMD_REPEATS_H_

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "raft/proto/event.pb.h"

namespace raft_cluster::internal {

class Repeats {
 public:
  // What is to be said now that `event` has come.
  std::vector<Event> Add(const Event& event, absl::Time now);
  // What has been held back for long enough.
  std::vector<Event> Due(absl::Time now);
  // When to ask for it; InfiniteFuture() if nothing is held back.
  absl::Time next_due() const;
  // All that is held back, at the end.
  std::vector<Event> TakeAll() { return Due(absl::InfiniteFuture()); }

 private:
  struct Series {
    Event held;  // What came since, in one; folded() 0 if nothing did.
    absl::Duration pause;
    absl::Time due;
  };
  using Key = std::tuple<int, int, int, std::string>;

  std::map<Key, Series> series_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_REPEATS_H_
