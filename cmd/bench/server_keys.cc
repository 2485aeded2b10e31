#include "raft/cmd/bench/server_keys.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/config/key_file.h"
#include "raft/cmd/bench/own_folder.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/zeromq/keys.h"

namespace raft_cluster::internal {
namespace {

absl::StatusOr<KeyPair> NewKeys(const std::string& scheme) {
  if (scheme != "tls") return NewKeyPair();
  const absl::StatusOr<Secret> secret = NewTlsCredentials();
  if (!secret.ok()) return secret.status();
  absl::StatusOr<std::string> pin = TlsPinOf(*secret);
  if (!pin.ok()) return pin.status();
  return KeyPair{*std::move(pin), *secret};
}

}  // namespace

bool ServerKeys::KnownTo(const std::string& scheme) {
  return scheme == "tcp" || scheme == "tls";
}

bool ServerKeys::NeededBy(const std::string& scheme) { return scheme == "tls"; }

absl::StatusOr<ServerKeys> ServerKeys::Make(const std::string& scheme,
                                            int count) {
  absl::StatusOr<std::string> folder = MakeOwnFolder();
  if (!folder.ok()) return folder.status();
  ServerKeys keys;
  keys.folder_ = *std::move(folder);
  for (int server = 1; server <= count; ++server) {
    const absl::StatusOr<KeyPair> pair = NewKeys(scheme);
    if (!pair.ok()) return pair.status();
    const std::string file = absl::StrCat(keys.folder_, "/", server, ".key");
    absl::Status written = WriteKeyFile(file, pair->secret_key.text());
    if (!written.ok()) return written;
    keys.listed_.push_back(pair->public_key);
    keys.files_.push_back(file);
  }
  return keys;
}

ServerKeys::ServerKeys(ServerKeys&& other) noexcept
    : listed_(std::move(other.listed_)),
      files_(std::move(other.files_)),
      folder_(std::exchange(other.folder_, std::string())) {}

ServerKeys::~ServerKeys() { RemoveOwnFolder(folder_); }

}  // namespace raft_cluster::internal
