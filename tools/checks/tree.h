// The files of this project's own checkout, for tests that judge all of them.
//
// A Bazel test sees only what it names as data, and a file that nobody thought
// of naming would escape. So these tests follow the link that Bazel made for
// WORKSPACE back to the checkout and look at the folder itself; their targets
// are tagged "external" and "local" to run each time, outside of the sandbox.
//
//   for (const File& file : ReadTree()) Judge(file.path, file.content);
//
// Threads: any, at any time.

#ifndef RAFT_TOOLS_CHECKS_TREE_H_
#define RAFT_TOOLS_CHECKS_TREE_H_

#include <string>
#include <vector>

namespace raft_cluster::internal {

struct File {
  std::string path;  // From the root of the checkout: "cluster/server.h".
  std::string content;
};

// The root of the checkout. Ends the test with a message if it is not found.
std::string TreeRoot();

// Every regular file below the root, sorted by path, except in folders whose
// name begins with a dot and through links (Bazel's own are links).
std::vector<File> ReadTree();

// Of a workspace inside this one, which stands for a project of a user's: the
// rules of the house are not his.
bool IsOfAnotherWorkspace(const std::string& path);

}  // namespace raft_cluster::internal

#endif  // RAFT_TOOLS_CHECKS_TREE_H_
