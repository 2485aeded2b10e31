// The layers of the project, held against the `#include` lines of its sources.
//
//   base <- proto, transport <- cluster <- status <- cmd;   testing beside cmd
//
// Bazel alone does not hold them: headers under /usr/include can be included
// without a dependency, and so can the headers of a dependency's dependency.
//
//   for (const std::string& fault : LayerFaults("cluster/server.cc", content))
//     ADD_FAILURE() << fault;
//
// What is judged: `#include` lines of .h and .cc files, `import` lines of
// .proto files, and that such files stand in a folder that has a layer. Headers
// of the system and the standard library are free to all.
//
// Threads: any, at any time.

#ifndef RAFT_TOOLS_CHECKS_LAYERS_H_
#define RAFT_TOOLS_CHECKS_LAYERS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// True for C++ and proto files, also for those whose ending is not one of ours.
bool IsSource(absl::string_view path);

// The files of the project that the source at `path` includes, from the root.
std::vector<std::string> Included(absl::string_view path,
                                  absl::string_view content);

// What the source at `path` (from the root) includes against the layers, one
// sentence each with file and line; empty if there is nothing to complain of.
std::vector<std::string> LayerFaults(absl::string_view path,
                                     absl::string_view content);

}  // namespace raft_cluster::internal

#endif  // RAFT_TOOLS_CHECKS_LAYERS_H_
