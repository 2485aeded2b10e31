#include "raft/transport/builtin/builtin.h"

#include "raft/transport/loopback/loopback.h"
#include "raft/transport/shm/shm.h"
#include "raft/transport/stream/plain.h"
#include "raft/transport/stream/tls/pin.h"
#include "raft/transport/stream/tls/tls.h"
#include "raft/transport/zeromq/keys.h"
#include "raft/transport/zeromq/zeromq.h"

namespace raft_cluster {

Registry BuiltinTransports() {
  Registry registry;
  // In a fresh registry every scheme is free: none of these can fail.
  registry
      .Register("tcp", internal::ZeroMqTransport(), internal::ParseZeroMqUrl,
                internal::CheckCurveKey)
      .IgnoreError();
  registry
      .Register("ipc", internal::ZeroMqTransport(), internal::ParseZeroMqUrl)
      .IgnoreError();
  registry
      .Register("loopback", internal::NewLoopbackNetwork(),
                internal::ParseLoopbackUrl)
      .IgnoreError();
  for (const char* scheme : {"plain", "unix"}) {
    registry
        .Register(scheme, internal::PlainTransport(), internal::ParsePlainUrl)
        .IgnoreError();
  }
  registry.Register("shm", internal::ShmTransport(), internal::ParseShmUrl)
      .IgnoreError();
  registry
      .Register("tls", internal::TlsTransport(), internal::ParseTlsUrl,
                internal::CheckTlsKey)
      .IgnoreError();
  return registry;
}

}  // namespace raft_cluster
