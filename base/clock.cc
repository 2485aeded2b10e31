#include "raft/base/clock.h"

#include <chrono>  // NOLINT(build/c++11)

namespace raft_cluster::internal {
namespace {

class MonotonicClock final : public Clock {
 public:
  Micros Now() override {
    // The clock may begin at 0, which stands for "not yet" elsewhere.
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
               .count() +
           1;
  }
};

}  // namespace

Clock& SteadyClock() {
  // Never destroyed: a server that is static may outlive any other static.
  static auto* const clock = new MonotonicClock;
  return *clock;
}

}  // namespace raft_cluster::internal
