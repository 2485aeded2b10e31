#include "raft/transport/zeromq/context.h"

#include <zmq.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/base/thread.h"
#include "raft/transport/zeromq/fault_signals.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// libzmq's reaper and its I/O thread, and one of whoever opens a transport.
constexpr int kThreads = 3;

// Of libzmq's sockets: without any peer, and for each (a DEALER and both ends
// of its monitor).
constexpr int kBaseSockets = 4 + kUnblockFaultsDescriptors;
constexpr int kSocketsEach = 3;
// It takes 12 bytes for each that might be.
constexpr int kMinMaxSockets = 4096;

// For a moment, while it opens: libzmq asks for the network's interfaces.
constexpr int kOpeningDescriptors = kUnblockFaultsDescriptors + 1;

}  // namespace

absl::StatusOr<std::unique_ptr<DescriptorPledge>> PledgeDescriptors(int peers) {
  return DescriptorPledge::Make({kBaseDescriptors, kDescriptorsEach, peers});
}

absl::StatusOr<zmq::context_t> StartContext(int peers) {
  const int sockets = kBaseSockets + kSocketsEach * peers;
  // Tried before, for libzmq aborts the process where it gets no thread or
  // descriptor of its own.
  absl::Status status = ProbeThreads(kThreads);
  if (status.ok()) {
    status = ProbeDescriptors(kBaseDescriptors - kPollerDescriptors +
                              kOpeningDescriptors);
  }
  if (!status.ok()) return status;
  try {
    zmq::context_t context;
    const int most = zmq_ctx_get(context.handle(), ZMQ_SOCKET_LIMIT);
    if (sockets > most) {
      return absl::ResourceExhaustedError(
          absl::StrCat("too many peers: ", peers, " take ", sockets,
                       " sockets of libzmq, which has at most ", most));
    }
    // Some more, for peers that come later and sockets that are being closed.
    const int max_sockets =
        std::min(most, std::max(kMinMaxSockets, 2 * sockets));
    zmq_ctx_set(context.handle(), ZMQ_IO_THREADS, 1);
    zmq_ctx_set(context.handle(), ZMQ_MAX_SOCKETS, max_sockets);
    // The first socket starts the threads.
    UnblockFaults(context);
    return context;
  } catch (const zmq::error_t& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start libzmq: ", error.what()));
  }
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
