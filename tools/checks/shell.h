// Programs that judge the checkout, run as from a shell.
//
// Threads: any, at any time.

#ifndef RAFT_TOOLS_CHECKS_SHELL_H_
#define RAFT_TOOLS_CHECKS_SHELL_H_

#include <string>

namespace raft_cluster::internal {

struct Outcome {
  int exit_code;       // -1 if it did not end by itself; 127: there is none.
  std::string output;  // What it wrote to stdout and stderr.
};

// Runs a shell command in the root of the checkout (tree.h).
Outcome Shell(const std::string& command);

}  // namespace raft_cluster::internal

#endif  // RAFT_TOOLS_CHECKS_SHELL_H_
