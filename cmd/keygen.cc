// Makes the keys of one server: the secret one goes into a new file that only
// its owner can read, the public one to stdout, as it stands in the config.
//
//   bazel run //cmd:keygen -- one.key
//   bazel run //cmd:keygen -- --tls one.pem       # For tls:// urls.
//   bazel run //cmd:keygen -- --public one.key    # The public one again.
//
// Ends with 0 when both are there, 1 if the file cannot be written or is there
// already or stdout cannot be written, 2 if the command line is wrong.
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "raft/cluster/config/key_file.h"
#include "raft/cmd/find_config.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/zeromq/keys.h"

ABSL_FLAG(bool, tls, false,
          "for tls:// urls: write a private key and a certificate for it");
ABSL_FLAG(bool, public, false,
          "write nothing; print the public key of the secret in FILE");

namespace raft_cluster::internal {
namespace {

constexpr char kUsageText[] =
    "Usage: keygen FILE\n       keygen --tls FILE\n       keygen --public "
    "FILE\n";

Help HelpText() {
  Help help;
  help.name = "keygen";
  help.usage = kUsageText;
  help.about =
      "Writes a new secret key to FILE, for `server --key_file=FILE`, and "
      "prints the\npublic key that belongs to it, for the server's entry in "
      "the config.\n"
      "Keys are for tcp:// urls, or with --tls for tls:// urls: then FILE gets "
      "a\nprivate key and a certificate, which it signs itself and which does "
      "not expire.\n";
  help.sections = {{"Exit codes",
                    {{"0", "the secret is written, the public key printed"},
                     {"1",
                      "not so: the file is there already or cannot be written, "
                      "or stdout cannot"},
                     {"2", "the command line is wrong"}}}};
  return help;
}

ExitCode PrintPublic(absl::string_view public_key) {
  return Print(absl::StrCat("\"keys\": [\"", public_key, "\"]\n"));
}

absl::StatusOr<std::string> PublicOf(const Secret& secret) {
  return LooksLikePem(secret.text()) ? TlsPinOf(secret) : PublicKeyOf(secret);
}

absl::StatusOr<KeyPair> NewKeys() {
  if (!absl::GetFlag(FLAGS_tls)) return NewKeyPair();
  const absl::StatusOr<Secret> secret = NewTlsCredentials();
  if (!secret.ok()) return secret.status();
  absl::StatusOr<std::string> pin = TlsPinOf(*secret);
  if (!pin.ok()) return pin.status();
  return KeyPair{*std::move(pin), *secret};
}

// Prints the public half of the secret in a file.
ExitCode ReadKeys(const std::string& path) {
  const absl::StatusOr<Secret> secret = ReadKeyFile(path);
  if (!secret.ok()) {
    Say(secret.status().message());
    return kFailed;
  }
  const absl::StatusOr<std::string> public_key = PublicOf(*secret);
  if (public_key.ok()) return PrintPublic(*public_key);
  Say(absl::StrCat(path, ": ", public_key.status().message()));
  return kFailed;
}

ExitCode MakeKeys(const std::string& path, const std::string& short_path) {
  const absl::StatusOr<KeyPair> pair = NewKeys();
  if (!pair.ok()) {
    Say(pair.status().message());
    return kFailed;
  }
  const absl::Status written = WriteKeyFile(path, pair->secret_key.text());
  if (!written.ok()) {
    Say(written.message());
    if (absl::IsAlreadyExists(written)) {
      Say(
          absl::StrCat("Keys are never overwritten: name another file, or let "
                       "`keygen --public ",
                       short_path, "` print the public key of this one."));
    }
    return kFailed;
  }
  const ExitCode printed = PrintPublic(pair->public_key);
  if (printed != kDone) {
    Say(absl::StrCat("The secret key is in ", short_path,
                     " and stays there; `keygen --public ", short_path,
                     "` prints the public key again."));
    return printed;
  }
  Say(absl::StrCat("The secret key is in ", short_path,
                   ". Give the server that file alone, and the line above to "
                   "its entry in the config of every server."));
  return kDone;
}

ExitCode Main(int argc, char* argv[]) {
  PrepareProcess();
  std::vector<std::string> rest;
  if (const auto code =
          ReadCommandLine(argc, argv, HelpText(), /*max_rest=*/1, rest)) {
    return *code;
  }
  if (rest.empty() || rest[0].empty()) {
    return SayUsage("one file is to be named", kUsageText);
  }
  const std::string folder = UserFolder();
  const std::string path = ConfigPath(rest[0], folder, /*shipped=*/"");
  return absl::GetFlag(FLAGS_public) ? ReadKeys(path)
                                     : MakeKeys(path, ShortPath(path, folder));
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
