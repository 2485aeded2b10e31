#include "raft/testing/programs/program_cluster.h"

#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {

ProgramCluster::ProgramCluster(int size)
    : addresses_(LocalAddresses::Pick("tcp", size).value()) {
  std::vector<int> pids(static_cast<size_t>(size));
  std::iota(pids.begin(), pids.end(), 1);
  config_path_ = WriteTestFile(ConfigOf(pids));
}

std::string ProgramCluster::ConfigOf(const std::vector<int>& pids) const {
  std::string servers;
  for (const int pid : pids) {
    absl::StrAppend(&servers, servers.empty() ? "" : ", ", "{\"mypid\": ", pid,
                    ", \"url\": \"", url(pid), "\"}");
  }
  return absl::StrCat("{\"object\": {\"total\": ", pids.size(),
                      ", \"Servers\": [", servers, "]}}");
}

std::unique_ptr<Process> ProgramCluster::Start(
    int pid, const std::vector<std::string>& arguments, bool terminal) const {
  Process::Spec spec;
  spec.arguments = {absl::StrCat("--pid=", pid),
                    absl::StrCat("--config=", config_path_)};
  spec.arguments.insert(spec.arguments.end(), arguments.begin(),
                        arguments.end());
  spec.terminal = terminal;
  return StartProgram("server", std::move(spec));
}

std::unique_ptr<Process> ProgramCluster::StartBuild(
    const std::string& program, int pid,
    const std::vector<std::string>& arguments) const {
  Process::Spec spec;
  spec.program = program;
  spec.arguments = {absl::StrCat("--pid=", pid),
                    absl::StrCat("--config=", config_path_)};
  spec.arguments.insert(spec.arguments.end(), arguments.begin(),
                        arguments.end());
  return Process::Start(spec).value();
}

std::unique_ptr<Process> StartProgram(const std::string& name,
                                      Process::Spec spec) {
  spec.program = absl::StrCat("cmd/", name);
  return Process::Start(spec).value();
}

std::string MakeTestFolder() {
  std::string folder = absl::StrCat(testing::TempDir(), "/XXXXXX");
  EXPECT_NE(mkdtemp(&folder[0]), nullptr);
  return folder;
}

std::string WriteTestFile(const std::string& content) {
  const std::string path = absl::StrCat(MakeTestFolder(), "/config.json");
  std::ofstream(path) << content;
  return path;
}

}  // namespace raft_cluster::internal
