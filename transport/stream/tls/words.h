// What has ended a TLS connection, in words.
//
// Thread rule: of the thread whose OpenSSL call has failed.
#ifndef RAFT_TRANSPORT_STREAM_TLS_WORDS_H_
#define RAFT_TRANSPORT_STREAM_TLS_WORDS_H_

#include <string>

#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {

struct Failure {
  TurnedAway refusal = TurnedAway::kHandshake;
  std::string why;  // Of the far end: "it shows no certificate".
};

// Of the errors in this thread's queue, which is empty then.
Failure TakeFailure();

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_WORDS_H_
