// What a reload says in one line.
#include "raft/cluster/reload_report.h"

#include "gtest/gtest.h"

namespace raft_cluster {
namespace {

TEST(ReloadReportTest, SaysThatNothingChanged) {
  ReloadReport report;
  report.number = 2;
  EXPECT_TRUE(report.NothingChanged());
  EXPECT_EQ(report.ToString(), "reload 2: nothing changed");
}

TEST(ReloadReportTest, NamesEveryPeer) {
  ReloadReport report;
  report.number = 3;
  report.added = {4, 7};
  report.removed = {2};
  report.moved = {1};
  report.rekeyed = {5, 6};
  report.own_keys = true;
  EXPECT_FALSE(report.NothingChanged());
  EXPECT_EQ(report.ToString(),
            "reload 3: added 4, 7; removed 2; moved 1; other keys for 5, 6 and "
            "this server");
}

TEST(ReloadReportTest, NamesThisServerAlone) {
  ReloadReport report;
  report.number = 1;
  report.own_keys = true;
  EXPECT_EQ(report.ToString(), "reload 1: other keys for this server");
}

}  // namespace
}  // namespace raft_cluster
