// Calls a handler with what happens to its server, one thing at a time: the
// same way live (Run()) and in the simulator.
//
// Thread rule: one thread.
#ifndef RAFT_CLUSTER_DISPATCHER_H_
#define RAFT_CLUSTER_DISPATCHER_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "raft/cluster/engine/delivery.h"
#include "raft/cluster/engine/pump.h"
#include "raft/cluster/handler.h"
#include "raft/cluster/timers.h"
#include "raft/proto/event.pb.h"

namespace raft_cluster::internal {

// Who the server is, what time it is and how to send is up to whoever derives
// from it.
class Dispatcher : public Context {
 public:
  // Both outlive this.
  Dispatcher(Handler* handler, Pump* pump) : handler_(*handler), pump_(*pump) {}

  // Calls what is due: the start, else one timer, and one envelope, event or
  // posted function. If there is nothing yet, waits for it up to `timeout` or
  // the next timer. DEADLINE_EXCEEDED: nothing was called.
  // FAILED_PRECONDITION: nothing will come any more (says why).
  // REQUIRES: !stopped().
  absl::Status Turn(absl::Duration timeout);

  bool started() const { return started_; }
  bool stopped() const { return stopped_; }
  // Infinite if there is none.
  absl::Duration NextTimer() const { return timers_.Next(); }

  PeerStats::State state(Pid peer) const override {
    return pump_.StateOf(peer);
  }
  size_t max_envelope_bytes() const override {
    return pump_.MaxEnvelopeBytes();
  }
  size_t Discard(Pid to) override { return pump_.Discard(to); }
  void SetTimer(int timer, absl::Duration after) override {
    timers_.Set(timer, now() + after);
  }
  void Stop() override { stopped_ = true; }

 private:
  // Before the handler is told.
  virtual void NoteDelivery(const Delivery& /*delivery*/) {}
  virtual void NoteEvent(const Event& /*event*/) {}

  Handler& handler_;
  Pump& pump_;
  Timers timers_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_DISPATCHER_H_
