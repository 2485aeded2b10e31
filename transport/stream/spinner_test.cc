#include "raft/transport/stream/spinner.h"

#include "gtest/gtest.h"

namespace raft_cluster::internal::stream {
namespace {

constexpr absl::Duration kMost = absl::Microseconds(100);

TEST(Spinner, SpinsAsLongAsThatFindsSomething) {
  Spinner spinner(kMost);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(spinner.Next(), kMost);
    spinner.Report(/*found=*/i % 3 == 0);
  }
}

TEST(Spinner, SpinsLessAndLessForNothingAndTriesAgain) {
  Spinner spinner(kMost);
  absl::Duration last = kMost;
  for (int i = 0; i < 100 && last > absl::ZeroDuration(); ++i) {
    const absl::Duration next = spinner.Next();
    EXPECT_LE(next, last);
    if (next > absl::ZeroDuration()) spinner.Report(/*found=*/false);
    last = next;
  }
  EXPECT_EQ(last, absl::ZeroDuration());
  int probes = 0;
  for (int i = 0; i < 1000; ++i) {
    if (spinner.Next() == absl::ZeroDuration()) continue;
    ++probes;
    spinner.Report(/*found=*/false);
  }
  EXPECT_GT(probes, 5);
  EXPECT_LT(probes, 50);
  // One that finds something brings it back.
  while (spinner.Next() == absl::ZeroDuration()) {
  }
  spinner.Report(/*found=*/true);
  EXPECT_EQ(spinner.Next(), kMost);
}

TEST(Spinner, DoesNotWhereNobodyAskedForIt) {
  Spinner none(absl::ZeroDuration());
  EXPECT_EQ(none.Next(), absl::ZeroDuration());
  Spinner negative(-kMost);
  EXPECT_EQ(negative.Next(), absl::ZeroDuration());
}

}  // namespace
}  // namespace raft_cluster::internal::stream
