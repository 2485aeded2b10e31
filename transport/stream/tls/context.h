// A server's side of TLS, as its keys have it: what it shows, and whom it
// believes. Replaced whole when the keys change; connections keep the one that
// they were made with.
//
// Thread rule: const methods from any thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_CONTEXT_H_
#define RAFT_TRANSPORT_STREAM_TLS_CONTEXT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "raft/base/pid.h"
#include "raft/transport/stream/tls/openssl.h"
#include "raft/transport/stream/tls/trust.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {

// Asked in the handshake for what a connection makes of the certificate that
// was shown.
class CertificateJudge {
 public:
  virtual ~CertificateJudge() = default;
  virtual Verdict Judge(X509* shown, STACK_OF(X509) * others) = 0;
};

class Context {
 public:
  // INVALID_ARGUMENT: the secret is not what TlsPinOf() takes; what is listed
  // is not what Trust takes; or the secret does not prove `self`. UNAVAILABLE:
  // OpenSSL does not do what we need.
  static absl::StatusOr<std::shared_ptr<const Context>> Create(
      const TransportKeys& keys, Pid self);

  // A new connection; null: no memory. `judge` outlives it.
  Owned<SSL> NewSession(CertificateJudge* judge) const;

  const Trust& trust() const { return *trust_; }

 private:
  absl::Status Prepare(const TransportKeys& keys, Pid self);

  std::shared_ptr<const Trust> trust_;
  Owned<SSL_CTX> context_;
};

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_CONTEXT_H_
