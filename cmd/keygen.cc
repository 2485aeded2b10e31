// Makes the keys of one server: the secret one goes into a new file that only
// its owner can read, the public one to stdout, as it stands in the config.
//
//   bazel run //cmd:keygen -- one.key
//
// Ends with 0 when both are there, 1 if the file cannot be written or is there
// already, 2 if the command line is wrong.
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/config/key_file.h"
#include "raft/cmd/find_config.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/transport/zeromq/keys.h"

namespace raft_cluster::internal {
namespace {

constexpr char kUsageText[] =
    "Usage: keygen FILE\n"
    "Writes a new secret key to FILE, for `server --key_file=FILE`, and prints "
    "the\npublic key that belongs to it, for the server's entry in the "
    "config.\n";

ExitCode Main(int argc, char* argv[]) {
  PrepareProcess();
  const absl::StatusOr<CommandLine> line = ParseFlags(argc, argv);
  if (!line.ok()) return SayUsage(line.status().message(), kUsageText);
  if (line->help) {
    std::cout << kUsageText << std::flush;
    return kDone;
  }
  if (line->rest.size() != 1 || line->rest[0].empty()) {
    return SayUsage("one file is to be named", kUsageText);
  }
  const absl::StatusOr<KeyPair> pair = NewKeyPair();
  if (!pair.ok()) {
    Say(pair.status().message());
    return kFailed;
  }
  const std::string folder = UserFolder();
  const std::string path = ConfigPath(line->rest[0], folder, /*shipped=*/"");
  const absl::Status written = WriteKeyFile(path, pair->secret_key);
  if (!written.ok()) {
    Say(written.message());
    if (absl::IsAlreadyExists(written)) {
      Say("Keys are never overwritten: name another file.");
    }
    return kFailed;
  }
  std::cout << "\"keys\": [\"" << pair->public_key << "\"]" << std::endl;
  Say(absl::StrCat("The secret key is in ", ShortPath(path, folder),
                   ". Give the server that file alone, and the line above to "
                   "its entry in the config of every server."));
  return kDone;
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
