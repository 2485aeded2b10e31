// A cluster of real //cmd:server processes, over tcp, on ports that are this
// test's own.
//
//   ProgramCluster cluster(5);
//   std::unique_ptr<Process> two = cluster.Start(2);
//   two->ReadLine(kPatience);    // "1 -> 2: hello there"
//
// Thread rule: a value.
#ifndef RAFT_TESTING_PROGRAMS_PROGRAM_CLUSTER_H_
#define RAFT_TESTING_PROGRAMS_PROGRAM_CLUSTER_H_

#include <memory>
#include <string>
#include <vector>

#include "raft/testing/eventually.h"
#include "raft/testing/local_addresses.h"
#include "raft/testing/programs/process.h"

namespace raft_cluster::internal {

class ProgramCluster {
 public:
  // Picks addresses and writes a config; pids are 1 to `size`.
  explicit ProgramCluster(int size);

  // Starts one server, with `arguments` besides --pid and --config.
  std::unique_ptr<Process> Start(int pid,
                                 const std::vector<std::string>& arguments = {},
                                 bool terminal = false) const;
  // The same with another build of it, a path from the folder of the test.
  std::unique_ptr<Process> StartBuild(
      const std::string& program, int pid,
      const std::vector<std::string>& arguments = {}) const;

  const std::string& config_path() const { return config_path_; }
  // A config of these servers alone.
  std::string ConfigOf(const std::vector<int>& pids) const;
  // Of server `pid`.
  const std::string& url(int pid) const { return addresses_.urls()[pid - 1]; }

 private:
  LocalAddresses addresses_;
  std::string config_path_;
};

// Starts a program of //cmd by its name.
std::unique_ptr<Process> StartProgram(const std::string& name,
                                      Process::Spec spec = {});

// A new file, or a new empty folder, of this test.
std::string WriteTestFile(const std::string& content);
std::string MakeTestFolder();

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROGRAMS_PROGRAM_CLUSTER_H_
