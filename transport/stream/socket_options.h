// What every socket of a stream is set to.
//
// Thread rule: a function of values.
#ifndef RAFT_TRANSPORT_STREAM_SOCKET_OPTIONS_H_
#define RAFT_TRANSPORT_STREAM_SOCKET_OPTIONS_H_

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "raft/transport/stream/wire.h"

namespace raft_cluster::internal::stream {

inline void SetSocketOptions(int fd, Place place) {
  if (place != Place::kTcp) return;
  // Whoever waits for more to send waits above, where that is known.
  const auto set = [fd](int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  // So that a host that has gone without a word is noticed by one who only
  // listens, too.
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_SOCKET_OPTIONS_H_
