// A server's own key and certificates, read.
//
// Thread rule: const methods from any thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_OWN_CERTIFICATE_H_
#define RAFT_TRANSPORT_STREAM_TLS_OWN_CERTIFICATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "raft/base/secret.h"
#include "raft/transport/stream/tls/openssl.h"

namespace raft_cluster::internal::tls {

struct OwnCertificate {
  // INVALID_ARGUMENT: as TlsPinOf().
  static absl::StatusOr<OwnCertificate> Read(const Secret& pem);

  Owned<EVP_PKEY> key;
  std::vector<Owned<X509>> chain;  // Its own one first.
};

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_OWN_CERTIFICATE_H_
