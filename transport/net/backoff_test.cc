#include "raft/transport/net/backoff.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Within a quarter of what it is to be.
void ExpectAbout(microseconds pause, milliseconds middle) {
  EXPECT_GE(pause, middle * 3 / 4);
  EXPECT_LE(pause, microseconds(middle) * 5 / 4);
}

TEST(Backoff, DoublesUpToASecond) {
  absl::BitGen random;
  Backoff backoff(random);
  for (const int pause : {50, 100, 200, 400, 800, 1000, 1000}) {
    ExpectAbout(backoff.Next(), milliseconds(pause));
  }
}

TEST(Backoff, BeginsAgainAfterAConnectionThatLasted) {
  absl::BitGen random;
  Backoff backoff(random);
  for (int i = 0; i < 3; ++i) backoff.Next();
  backoff.OnLost(milliseconds(1));
  ExpectAbout(backoff.Next(), milliseconds(400));
  backoff.OnLost(milliseconds(5000));
  ExpectAbout(backoff.Next(), milliseconds(50));
}

}  // namespace
}  // namespace raft_cluster::internal
