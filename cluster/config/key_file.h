// The file with a server's secret key: one line, or PEM, which only its owner
// can read. And that with the certificates of CAs, which is no secret.
//
//   absl::Status written = WriteKeyFile("one.key", pair.secret_key.text());
//   absl::StatusOr<Secret> secret = ReadKeyFile("one.key");
//
// What a key looks like is the transport's affair.
//
// Thread rule: any thread.
#ifndef RAFT_CLUSTER_CONFIG_KEY_FILE_H_
#define RAFT_CLUSTER_CONFIG_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/secret.h"

namespace raft_cluster::internal {

// Makes a new file, with mode 0600. ALREADY_EXISTS: it is there already, and
// stays as it is. Otherwise what the system says; then there is no file.
absl::Status WriteKeyFile(const std::string& path, absl::string_view secret);

// INVALID_ARGUMENT: it cannot be read, is no file, others may read or write it,
// it belongs to another user, or it does not hold one line or PEM. The message
// says what to do. No copy of the secret stays but what is returned. A file of
// root with mode 0440 or less, right in $CREDENTIALS_DIRECTORY, is fine:
// systemd makes it so for one service.
absl::StatusOr<Secret> ReadKeyFile(const std::string& path);

// The certificates of CAs, in PEM. Like the configuration, it decides who is
// believed: keep it from others. INVALID_ARGUMENT: it cannot be read, is no
// file, or there is no certificate in it.
absl::StatusOr<std::string> ReadCaFile(const std::string& path);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_CONFIG_KEY_FILE_H_
