// What a tls:// server proves itself with: its private key and its certificate,
// in one text of PEM, with those of intermediate CAs behind it if there are
// any.
//
//   absl::StatusOr<raft_cluster::Secret> made = NewTlsCredentials();
//   spec.keys.secret = *made;
//   spec.keys.listed[spec.self] = {*TlsPinOf(*made)};
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_CREDENTIALS_H_
#define RAFT_TRANSPORT_STREAM_TLS_CREDENTIALS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/secret.h"

namespace raft_cluster::internal {

// A new key (Ed25519), and a certificate that it has signed itself. It has no
// date on which it expires (9999-12-31, as RFC 5280 has it): whoever lists its
// key decides for how long it is good. UNAVAILABLE: OpenSSL cannot make one.
absl::StatusOr<Secret> NewTlsCredentials();

// What lists these: "sha256:...". INVALID_ARGUMENT: it holds no private key, or
// one that is encrypted, or no certificate, or one of another key.
absl::StatusOr<std::string> TlsPinOf(const Secret& pem);

// It may be such a text, rather than a key of another transport.
bool LooksLikePem(absl::string_view text);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_STREAM_TLS_CREDENTIALS_H_
