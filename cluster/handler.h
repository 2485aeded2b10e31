// A protocol of your own, as a class that is called when something happens:
// live on a Server, and in virtual time in the simulator, unchanged.
//
//   class Ticker : public raft_cluster::Handler {
//    public:
//     static constexpr int kTick = 1;
//     void OnStart(raft_cluster::Context& context) override {
//       context.SetTimer(kTick, absl::Seconds(1));
//     }
//     void OnTimer(raft_cluster::Context& context, int) override {
//       context.TrySend(raft_cluster::kBroadcast, "tick").IgnoreError();
//       context.SetTimer(kTick, absl::Seconds(1));
//     }
//     void OnEnvelope(raft_cluster::Context&,
//                     const raft_cluster::Received& got) override {
//       std::cout << got.from() << ": " << got.msg() << std::endl;
//     }
//   };
//
//   Ticker ticker;
//   absl::Status status = raft_cluster::Run(*server, ticker);
//
// cluster/driver.h does the same in a loop of your own, and Server::Post()
// calls a function in between, for what comes from elsewhere.
// testing/simulation/simulation.h runs the same class as a whole cluster.
//
// A handler meant for the simulator takes time, randomness and timers from its
// Context alone, and starts no threads. What must outlive a crash it keeps
// outside of itself.
//
// Thread rule: calls of one handler never overlap, nor do posted functions with
// them; a Context may be used by these only, and only while they are called.
#ifndef RAFT_CLUSTER_HANDLER_H_
#define RAFT_CLUSTER_HANDLER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "raft/cluster/batch.h"
#include "raft/cluster/receipt.h"
#include "raft/cluster/received.h"
#include "raft/cluster/send_when.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster {

class Server;

// What a handler may do.
class Context {
 public:
  virtual ~Context() = default;

  virtual Pid pid() const = 0;
  virtual std::vector<Pid> peers() const = 0;  // By pid.
  // As this server sees it now; STATE_UNSPECIFIED where there is no such peer.
  virtual PeerStats::State state(Pid peer) const = 0;
  // Of this server's Options: no larger msg is sent.
  virtual size_t max_envelope_bytes() const = 0;

  // Since some moment before the start; never goes back.
  virtual absl::Duration now() const = 0;
  virtual uint64_t Random() = 0;

  // As Outbox::TrySend(). There is no Send() that waits: the handler would
  // hear nothing meanwhile. After RESOURCE_EXHAUSTED go on at Event::ROOM.
  virtual absl::StatusOr<Receipt> TrySend(
      Pid to, absl::string_view msg, uint64_t id = 0,
      SendWhen when = SendWhen::kAlways) = 0;
  // As Outbox::SendMany() without a timeout.
  virtual SentMany TrySendMany(absl::Span<const ToSend> envelopes) {
    SentMany sent;
    for (const ToSend& next : envelopes) {
      const absl::StatusOr<Receipt> receipt =
          TrySend(next.to, next.msg, next.id);
      if (!receipt.ok()) {
        sent.status = receipt.status();
        break;
      }
      ++sent.accepted;
      sent.skipped += static_cast<uint64_t>(receipt->skipped);
    }
    return sent;
  }
  // As Outbox::Discard().
  virtual size_t Discard(Pid to) = 0;

  // Calls OnTimer(timer) once, `after` from now. A timer that is set again
  // forgets its earlier time; an infinite `after` stops it.
  virtual void SetTimer(int timer, absl::Duration after) = 0;

  // Nothing is called any more once the present call has returned.
  virtual void Stop() = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;

  // Before any other.
  virtual void OnStart(Context&) {}
  // The envelope counts as taken.
  virtual void OnEnvelope(Context&, const Received&) = 0;
  // In one order with the envelopes: what a peer's former life sent comes
  // before the event of its restart, and what its new life sends after it.
  virtual void OnEvent(Context&, const Event&) {}
  virtual void OnTimer(Context&, int /*timer*/) {}
};

// Calls `handler` on this thread. OK: it was stopped, or the server closed.
// CANCELLED: Server::Interrupt() was called; the call of the handler that was
// under way then was the last.
// FAILED_PRECONDITION: the server is superseded, its inbox closed for being
// idle, or this process was forked off the server's.
// Other threads may send and close meanwhile. The handler does not see the
// envelopes and events that they fetch.
absl::Status Run(Server& server, Handler& handler);

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_HANDLER_H_
