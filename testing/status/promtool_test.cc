// The metrics of a live server before Prometheus' own judge.
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "raft/status/status_server.h"
#include "raft/testing/local_cluster.h"
#include "raft/testing/programs/process.h"
#include "raft/testing/status/http.h"

namespace raft_cluster::internal {
namespace {

constexpr char kPromtool[] = "/usr/bin/promtool";

TEST(PromtoolTest, FindsNothingToComplainOf) {
  LocalCluster::Setup setup;
  setup.late = {3};  // One peer in trouble.
  LocalCluster cluster(3, "loopback", setup);
  ASSERT_EQ(cluster.WaitUntilUp(), absl::OkStatus());
  const auto status = StatusServer::Start("127.0.0.1:0");
  ASSERT_TRUE(status.ok()) << status.status();
  (*status)->Show(&cluster[1]);
  const Reply reply = Get((*status)->url(), "/metrics");
  ASSERT_EQ(reply.code, 200);

  Process::Spec spec;
  spec.program = kPromtool;
  spec.arguments = {"check", "metrics"};
  auto promtool = Process::Start(spec);
  ASSERT_TRUE(promtool.ok()) << promtool.status();
  const bool written = (*promtool)->Write(reply.body, kPatience);
  (*promtool)->CloseInput();
  const auto code = (*promtool)->WaitForExit(kPatience);
  if (code == 127) GTEST_SKIP() << "needs " << kPromtool;
  EXPECT_TRUE(written);
  EXPECT_EQ(code, 0) << (*promtool)->errors() << reply.body;
  EXPECT_EQ((*promtool)->errors(), "");
}

}  // namespace
}  // namespace raft_cluster::internal
