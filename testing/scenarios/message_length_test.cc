// Messages of every length that is allowed, and of one that is not.

#include <string>

#include "raft/testing/fixtures/cluster_test.h"
#include "raft/testing/message.h"

namespace raft_cluster::internal {
namespace {

class MessageLength : public ClusterTest {};

constexpr size_t kMegabyte = 1000000;

void ExpectCarried(RecordedCluster& cluster, Pid to, size_t bytes) {
  ASSERT_THAT(cluster.Send(1, to, bytes, kPatience), IsOk()) << bytes;
  const auto received = cluster.Receive(2, kPatience);
  ASSERT_THAT(received, IsOk()) << bytes;
  ASSERT_EQ(received->msg().size(), bytes);
  // Too large to be printed.
  EXPECT_TRUE(received->msg() == MakeMessage(received->id(), bytes)) << bytes;
}

TEST_P(MessageLength, OneMegabyteArrives) {
  RecordedCluster& cluster = NewCluster(2);
  ExpectCarried(cluster, 2, kMegabyte);
  ExpectCarried(cluster, kBroadcast, kMegabyte);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(MessageLength, AMessageOfNoBytesArrives) {
  RecordedCluster& cluster = NewCluster(2);
  ExpectCarried(cluster, 2, 0);
  ExpectCarried(cluster, kBroadcast, 0);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(MessageLength, LengthsAtWhichSomethingChangesArrive) {
  RecordedCluster& cluster = NewCluster(2);
  for (size_t edge : {size_t{128}, size_t{256}, size_t{16} << 10,
                      size_t{64} << 10, size_t{128} << 10, size_t{1} << 20}) {
    for (size_t bytes : {edge - 1, edge, edge + 1}) {
      ExpectCarried(cluster, 2, bytes);
    }
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(MessageLength, TheLargestThatIsAllowedArrivesOneByteMoreIsRefused) {
  RecordedCluster& cluster = NewCluster(2);
  const size_t limit = Options().max_envelope_bytes;
  ExpectCarried(cluster, 2, limit);
  for (Pid to : {2, kBroadcast}) {
    const auto refused = cluster.Send(1, to, limit + 1, kPatience);
    EXPECT_THAT(refused, HasCodeAndText(absl::StatusCode::kInvalidArgument,
                                        std::to_string(limit + 1)));
    EXPECT_THAT(refused, HasCodeAndText(absl::StatusCode::kInvalidArgument,
                                        std::to_string(limit)));
  }
  EXPECT_EQ(LedgerOf(cluster[1], 2).refused(), 2);
  ExpectCarried(cluster, 2, 10);
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

TEST_P(MessageLength, SmallOnesKeepTheirPlaceAmongLargeOnes) {
  RecordedCluster& cluster = NewCluster(3);
  cluster.CollectAll();
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(cluster.Send(1, 2, i % 5 == 0 ? kMegabyte : 10, kPatience),
                IsOk());
    ASSERT_THAT(cluster.Send(1, kBroadcast, 100, kPatience), IsOk());
  }
  EXPECT_THAT(cluster.local().WaitUntilTaken(kPatience), IsOk());
}

INSTANTIATE_TEST_SUITE_P(Schemes, MessageLength, AllSchemesAndKeys(),
                         SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
