// Moves frames between an engine and a transport: all threads and locks of the
// cluster layer are here.
//
// Two locks, always in this order:
//   pump_  is the ownership of the transport. Whoever polls locks it; whoever
//          sends tries to, and if another has it, that one sends instead.
//   mu_    guards the engine: links, open frames, inbox, account. It is never
//          held over a call of the transport.
//
// A sending thread puts its envelope into the engine and, where the link is
// quiet or the frame full, sends the frame itself. One thread at a time is the
// poller: it receives, sees to timers, sends what is due and sleeps. A thread
// in Receive() becomes the poller if there is no other, so that what arrives
// is in its hands without a change of threads; while none is, the loop thread
// is the poller.
//
// The wake-up that must not be lost: a sender that could not lock pump_ has
// left its frame in the engine before it tried, and whoever unlocks pump_ looks
// there once more. A sleeper has said before how long it is going to sleep;
// whoever brings an earlier deadline wakes it.
//
// Thread rule: any thread, any method; none may be inside on destruction.
#ifndef RAFT_CLUSTER_ENGINE_PUMP_H_
#define RAFT_CLUSTER_ENGINE_PUMP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "raft/base/clock.h"
#include "raft/base/fork_guard.h"
#include "raft/base/mutex.h"
#include "raft/base/thread.h"
#include "raft/cluster/engine/engine.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

class Pump : private Receiver {
 public:
  // `transport` is open, and connected to nobody yet. `clock` outlives this.
  Pump(std::unique_ptr<Transport> transport, const EngineOptions& options,
       Clock& clock = SteadyClock());
  ~Pump() override;  // Close(0).
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // Connects to the peers. INVALID_ARGUMENT: one of their urls is not of this
  // transport.
  absl::Status Connect();
  // Starts the loop thread. Without it somebody has to call Step().
  // RESOURCE_EXHAUSTED: there is no thread to be had.
  absl::Status Start();
  // One turn of the poller: receives, sees to timers, sends. Never waits.
  void Step();
  // When Step() has something to do, if nothing arrives.
  Micros Deadline();
  // The beginning of Close(), and whether it could end, for those who step.
  void BeginClose();
  bool ReadyToClose();

  // Behind the calls of the same names of Outbox, Inbox and Server.
  absl::StatusOr<Acceptance> Send(Pid to, const Outgoing& envelope,
                                  absl::Duration timeout);
  void CloseOutbox();
  absl::StatusOr<size_t> Receive(
      absl::Duration timeout, size_t limit,
      absl::FunctionRef<void(Delivery&& received)> take);
  // The next envelope, or the next event if all envelopes that came before it
  // were taken: OK if one of the two is filled in. Else as Receive().
  absl::Status ReceiveNext(absl::Duration timeout,
                           absl::optional<Delivery>* received,
                           absl::optional<Event>* event);
  absl::Status WaitForPeers(int count, absl::Duration timeout);
  absl::StatusOr<Event> NextEvent(absl::Duration timeout);
  Stats GetStats();
  absl::Status Close(absl::Duration timeout);
  bool closing();
  // This process was forked off the one that made this: to touch anything else
  // here would be to wait for threads that there are not.
  bool InForkedChild() const { return guard_.InChild(); }

 private:
  enum class Poller { kNobody, kLoop, kReceive };
  // What the poller is after.
  enum class Quest { kNothing, kEnvelopes, kEnvelopesAndEvents };
  // Frames sent before the other direction has its turn.
  static constexpr int kSendLimit = 64;

  // Receiver; on the polling thread, which holds pump_.
  void OnFrame(const Origin& origin, Frame frame) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void OnReset(Pid peer, bool up) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void OnTrouble(Pid peer, const absl::Status& why) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void OnTurnedAway(TurnedAway why, Pid peer,
                    const std::string& address) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);

  Micros After(absl::Duration timeout) const;
  void Wait(CondVar& condition, Micros deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  bool Turn(Quest quest) ABSL_LOCKS_EXCLUDED(mu_)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void SendDue(bool sleeping, int limit) ABSL_LOCKS_EXCLUDED(mu_)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void SendStuck() ABSL_LOCKS_EXCLUDED(mu_)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void Reconnect(Pid peer) ABSL_LOCKS_EXCLUDED(mu_)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void TrySendDue() ABSL_LOCKS_EXCLUDED(mu_, pump_);
  bool MaySleepAtOnce() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // One turn, then a sleep until something happens or `until`, unless there is
  // more to do at once. REQUIRES: the caller is the poller.
  void PollAndSleep(Quest quest, Micros until) ABSL_LOCKS_EXCLUDED(pump_)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The time, or what it was a moment ago: for what need not be exact.
  Micros RecentTime() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // True if there is something that ends the poller's quest.
  bool Found(Quest quest) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits until something is found or `deadline`; false if nothing was.
  bool Seek(Quest quest, Micros deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // For whoever leaves the inbox: others may have to go on in its place.
  void PassOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the sleep of a poller that would sleep beyond `deadline`. Unlocks mu_
  // for a moment if it does.
  void WakeBy(Micros deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void NotifyWaiters() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReleasePolling() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Loop();
  void WaitForTurnOfLoop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const ForkGuard guard_;
  Clock& clock_;

  Mutex pump_ ABSL_ACQUIRED_BEFORE(mu_);
  // Null once closed. Wake() and Wait() need no lock: Close() lets nobody
  // begin one, and waits for those who have.
  std::unique_ptr<Transport> transport_;
  bool verify_checksums_;
  Micros poll_time_ ABSL_GUARDED_BY(pump_) = 0;

  Mutex mu_;
  Engine engine_ ABSL_GUARDED_BY(mu_);
  Poller poller_ ABSL_GUARDED_BY(mu_) = Poller::kNobody;
  // When the poller is to be back at the latest. If it is much later, the
  // machine or a debugger has held us up.
  Micros due_back_ ABSL_GUARDED_BY(mu_) = kNever;
  // The last poll found everything out, and nobody slept since.
  bool polled_out_ ABSL_GUARDED_BY(mu_) = false;
  // When the sleeping poller wakes by itself; 0 while it is awake.
  Micros sleep_until_ ABSL_GUARDED_BY(mu_) = 0;
  int wakers_ ABSL_GUARDED_BY(mu_) = 0;  // Threads in Transport::Wake().
  // Somebody found pump_ locked when a frame was due.
  bool send_wanted_ ABSL_GUARDED_BY(mu_) = false;
  int joined_ ABSL_GUARDED_BY(mu_) = 0;  // Sends without a look at the clock.
  int taken_ ABSL_GUARDED_BY(mu_) = 0;   // Receives without one.
  // What the clock said when somebody last looked.
  Micros recent_ ABSL_GUARDED_BY(mu_) = 0;
  // Threads in Receive() that wait while another one polls, and all that wait
  // for any other change.
  int receivers_ ABSL_GUARDED_BY(mu_) = 0;
  int watchers_ ABSL_GUARDED_BY(mu_) = 0;
  CondVar received_;
  CondVar changed_;
  CondVar loop_wake_;
  uint64_t seen_runs_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t seen_changes_ ABSL_GUARDED_BY(mu_) = 0;
  Micros received_at_ ABSL_GUARDED_BY(mu_) = 0;  // A Receive() stopped polling.
  bool loop_idle_ ABSL_GUARDED_BY(mu_) = false;  // Sleeps until it is told.

  bool closing_ ABSL_GUARDED_BY(mu_) = false;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status close_status_ ABSL_GUARDED_BY(mu_);
  Thread loop_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_PUMP_H_
