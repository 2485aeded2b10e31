// Programs under ulimit -n and ulimit -u, from next to nothing on: each ends by
// itself and says why, or it runs, and ends when it is told to.
#include <signal.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"
#include "raft/testing/transport/resources.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

class Limits : public testing::Test {
 protected:
  // True if it ran.
  bool RunsOrSaysWhyNot(Process::Spec spec) {
    spec.arguments = {"--pid=1",
                      absl::StrCat("--config=", cluster_.config_path())};
    const std::unique_ptr<Process> process =
        StartProgram("server", std::move(spec));
    const auto runs = [&] {
      return absl::StrContains(process->errors(), "listens on");
    };
    EXPECT_TRUE(Eventually([&] {
      return runs() || process->WaitForExit(absl::ZeroDuration()).has_value();
    }));
    const bool ran = runs();
    if (ran) process->Signal(SIGTERM);
    const auto code = process->WaitForExit(kPatience);
    EXPECT_TRUE(code.has_value()) << "hangs: " << process->errors();
    if (code.has_value()) {
      EXPECT_GE(*code, 0) << "died of a signal: " << process->errors();
    }
    EXPECT_NE(process->errors(), "");
    return ran && code.value_or(1) != 1;
  }

  ProgramCluster cluster_{2};
};

TEST_F(Limits, OfDescriptorsAreKept) {
  int ran = 0;
  for (int count = 3; count <= 64; ++count) {
    SCOPED_TRACE(absl::StrCat("ulimit -n ", count));
    Process::Spec spec;
    spec.hard_descriptors = count;
    ran += RunsOrSaysWhyNot(std::move(spec)) ? 1 : 0;
  }
  EXPECT_GT(ran, 0) << "64 are enough for two servers";
}

TEST_F(Limits, OfDescriptorsThatAreSoftAreRaised) {
  for (const int count : {8, 11, 16, 36, 64}) {
    SCOPED_TRACE(absl::StrCat("ulimit -Sn ", count));
    Process::Spec spec;
    spec.soft_descriptors = count;
    EXPECT_TRUE(RunsOrSaysWhyNot(std::move(spec)));
  }
}

TEST_F(Limits, OfThreadsAreKept) {
  if (MemoryIsInstrumented()) GTEST_SKIP() << "nothing else can be preloaded";
  int ran = 0;
  for (int count = 0; count <= 8; ++count) {
    SCOPED_TRACE(absl::StrCat("threads: ", count));
    Process::Spec spec;
    spec.environment["LD_PRELOAD"] = "testing/limits/preload_few_threads.so";
    spec.environment["RAFT_TEST_MAX_THREADS"] = absl::StrCat(count);
    ran += RunsOrSaysWhyNot(std::move(spec)) ? 1 : 0;
  }
  EXPECT_GT(ran, 0) << "8 are enough";
  EXPECT_LT(ran, 6) << "4 are not";
}

// The usual limits.
TEST_F(Limits, LetSixteenServersRunInOneProcess) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 4096) GTEST_SKIP() << "the hard limit is below 4096";
  const ProgramCluster sixteen(16);
  Process::Spec spec;
  spec.soft_descriptors = 1024;
  spec.arguments = {absl::StrCat("--config=", sixteen.config_path())};
  const auto process = StartProgram("local_cluster", spec);
  EXPECT_EQ(process->WaitForExit(kPatience), 0) << process->errors();
}

TEST_F(Limits, ThatAreTooLowForSixteenServersAreSaid) {
  const ProgramCluster sixteen(16);
  Process::Spec spec;
  spec.hard_descriptors = 1024;
  spec.arguments = {absl::StrCat("--config=", sixteen.config_path())};
  const auto process = StartProgram("local_cluster", spec);
  EXPECT_EQ(process->WaitForExit(kPatience), 1);
  EXPECT_THAT(process->errors(), HasSubstr("with 15 peers"));
  EXPECT_THAT(process->errors(), HasSubstr("of the 1024"));
}

}  // namespace
}  // namespace raft_cluster::internal
