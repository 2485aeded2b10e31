// How a key looks that is listed for a tls:// server: "sha256:" and the SHA-256
// of the public key in its certificate (the SubjectPublicKeyInfo, in DER), in
// 64 lower-case hexadecimal digits.
//
//   openssl x509 -in one.pem -noout -pubkey | openssl pkey -pubin -outform der
//   |
//       sha256sum
//
// Thread rule: functions of values.
#ifndef RAFT_TRANSPORT_STREAM_TLS_PIN_H_
#define RAFT_TRANSPORT_STREAM_TLS_PIN_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {
namespace tls {

constexpr absl::string_view kPinPrefix = "sha256:";
constexpr size_t kPinDigits = 64;

}  // namespace tls

// INVALID_ARGUMENT: it is no such key; says what one looks like.
absl::Status CheckTlsKey(absl::string_view key);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_STREAM_TLS_PIN_H_
