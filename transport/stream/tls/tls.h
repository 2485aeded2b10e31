// The carrier of tls://host:port: TCP with TLS 1.3, in which both ends prove
// who they are, always.
//
//   const absl::StatusOr<raft_cluster::Secret> own = NewTlsCredentials();
//   TransportSpec spec = {ParseUrl("tls://127.0.0.1:0").value(), 1};
//   spec.keys.secret = *own;
//   spec.keys.listed[1] = {TlsPinOf(*own).value()};
//   auto transport = TlsTransport()(spec);
//
// TransportKeys are those of tls_wire.h. What else there is to say is said in
// stream_transport.h.
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_TLS_H_
#define RAFT_TRANSPORT_STREAM_TLS_TLS_H_

#include "absl/status/statusor.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// As OpenStream(). INVALID_ARGUMENT, too: no keys, or bad ones (says which);
// UNAVAILABLE: OpenSSL does not do TLS 1.3.
Opener TlsTransport();

// As ParseTcpUrl().
absl::StatusOr<ParsedUrl> ParseTlsUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_STREAM_TLS_TLS_H_
