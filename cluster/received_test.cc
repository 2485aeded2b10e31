#include "raft/cluster/received.h"

#include "gtest/gtest.h"
#include "raft/base/pin.h"

namespace raft_cluster {
namespace {

TEST(Received, ToProtoCopiesItAll) {
  const Received received(/*from=*/1, /*to=*/2, /*id=*/3, /*incarnation=*/4,
                          "hello there", internal::Pin());
  const Envelope envelope = received.ToProto();
  EXPECT_EQ(envelope.from(), 1);
  EXPECT_EQ(envelope.to(), 2);
  EXPECT_EQ(envelope.id(), 3u);
  EXPECT_EQ(envelope.msg(), "hello there");
}

}  // namespace
}  // namespace raft_cluster
