// Where the configuration of a program is.
//
// Thread rule: any thread.
#ifndef RAFT_CMD_FIND_CONFIG_H_
#define RAFT_CMD_FIND_CONFIG_H_

#include <string>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// The value that --config has by default.
inline constexpr char kDefaultConfig[] = "config.json";

// The file that `flag`, the value of --config, means: a path counts from
// `user_folder`; where the default is not found there it is `shipped` (unless
// that is ""). Whether the file can be read shows when it is.
std::string ConfigPath(absl::string_view flag, const std::string& user_folder,
                       const std::string& shipped);

// `path` as the user would write it: without `user_folder` before it.
std::string ShortPath(absl::string_view path, const std::string& user_folder);

// The folder from which the user started the program, also through `bazel run`
// (which starts it in a folder of its own).
std::string UserFolder();

// The configuration that comes with the programs, five servers on ports of
// 127.0.0.1. "" if it is not there, since the program was copied away without
// its runfiles.
std::string ShippedConfig(const std::string& argv0);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_FIND_CONFIG_H_
