// Closes a transport without waiting for libzmq to close each of its sockets,
// of which there are three for each peer: a tenth of a second for a thousand.
// The address is free at once; the rest is left to a thread.
//
// Thread rule: as Transport's.
#ifndef RAFT_TRANSPORT_ZEROMQ_PROMPT_CLOSE_H_
#define RAFT_TRANSPORT_ZEROMQ_PROMPT_CLOSE_H_

#include <memory>
#include <utility>

#include "raft/transport/forwarding_transport.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {
namespace zeromq {

class StoppableTransport : public Transport {
 public:
  // Frees the address, after which nothing may be called any more. False: it
  // will be free when this is destroyed, or that will not take long.
  virtual bool StopListening() = 0;
};

class PromptlyClosed : public ForwardingTransport {
 public:
  explicit PromptlyClosed(std::unique_ptr<StoppableTransport> inner)
      : ForwardingTransport(std::move(inner)) {}
  ~PromptlyClosed() override;
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_PROMPT_CLOSE_H_
