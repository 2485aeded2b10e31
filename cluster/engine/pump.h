// Moves frames between an engine and a transport: all threads and locks of the
// cluster layer are here.
//
// Two locks, always in this order:
//   pump_  is the ownership of the transport. Who polls locks it; who sends
//          tries to, and if another has it, that one sends instead.
//   mu_    guards the engine: links, open frames, inbox, account. It is never
//          held over a call of the transport.
//
// This is the pattern Leader/Followers (Schmidt, Stal, Rohnert and Buschmann:
// Pattern-Oriented Software Architecture, volume 2, Wiley 2000). One thread at
// a time, the leader, polls the transport: it receives, sees to timers, sends
// what is due and sleeps. A thread in Receive() becomes the leader if there is
// no other, so that what arrives is in its hands without a change of threads;
// further ones are followers, of whom one is promoted when the leader leaves.
// While nobody receives, the loop thread leads.
//
//   leader    sleeper  now                        next
//   nobody    awake    nobody polls, for a        receiver: a Receive() comes
//                      moment                     loop: none came for a while
//                                                 (KeepOut)
//   loop      awake    polls and sends            asleep: all is found out
//   loop      asleep   is in Transport::Wait()    awake: an event, a deadline,
//                                                 Wake()
//                                                 nobody: a Receive() comes
//   receiver  awake    polls and sends            asleep: the inbox is empty
//                                                 nobody: it has what it came
//                                                 for; a follower is told
//   receiver  asleep   is in Transport::Wait()    awake: as the loop, or its
//                                                 own deadline
//
// Anybody who sends puts the envelope into the engine and, where the link is
// quiet or the frame full, sends the frame itself, without being the leader.
//
// The wake-ups that must not be lost: who sends tries for pump_ while it holds
// mu_, and pump_ is given up by one who holds mu_ and has found nothing due.
// So a frame is either seen by who has pump_, or its sender gets pump_. A
// sleeper has said before how long it is going to sleep; who brings an earlier
// deadline wakes it.
//
// Thread rule: any thread, any method; none may be inside on destruction.
#ifndef RAFT_CLUSTER_ENGINE_PUMP_H_
#define RAFT_CLUSTER_ENGINE_PUMP_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "raft/base/clock.h"
#include "raft/base/fork_guard.h"
#include "raft/base/mutex.h"
#include "raft/base/thread.h"
#include "raft/cluster/engine/engine.h"
#include "raft/cluster/engine/keep_out.h"
#include "raft/cluster/engine/level_fd.h"
#include "raft/transport/transport.h"

namespace raft_cluster {

class Context;

namespace internal {

// What calls answer once Pump::Interrupt() was called.
absl::Status Interrupted();
// What calls answer that waited for their timeout.
absl::Status NothingCame();

class Pump : private Receiver {
 public:
  // `transport` is open, and connected to nobody yet. `clock` outlives this.
  Pump(std::unique_ptr<Transport> transport, const EngineOptions& options,
       Clock& clock = SteadyClock());
  ~Pump() override;  // Close(0).
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  // Connects to the peers. `keys`: with which the transport was opened.
  // INVALID_ARGUMENT: one of their urls is not of this transport.
  absl::Status Connect(const TransportKeys& keys = {});
  // See Server::Reload(). REQUIRES: the urls are of this transport.
  absl::Status Reload(const Membership& wanted, const TransportKeys& keys,
                      MembershipChange* change);
  std::vector<Pid> Peers();
  // Starts the loop thread. Without it somebody has to call Step().
  // RESOURCE_EXHAUSTED: there is no thread to be had.
  absl::Status Start();
  // One turn of the leader: receives, sees to timers, sends. Never waits.
  void Step();
  // When Step() has something to do, if nothing arrives.
  Micros Deadline();
  // The beginning of Close(), and whether it could end, for those who step.
  void BeginClose();
  bool ReadyToClose();

  // Behind the calls of the same names of Outbox, Inbox and Server.
  // `only_live`: refused unless the peer is live.
  absl::StatusOr<Acceptance> Send(Pid to, const Outgoing& envelope,
                                  absl::Duration timeout,
                                  bool only_live = false);
  // How long calls that belong together wait, in all.
  struct Patience {
    absl::Duration timeout;
    bool only_live = false;
    Micros deadline = 0;  // Not known before it is needed.
  };
  struct Addressed {
    Pid to = 0;
    Outgoing envelope;
  };
  // Sends these, up to the first that is not accepted.
  Acceptances SendMany(absl::Span<const Addressed> envelopes,
                       Patience* patience);
  // What Send() would answer for a msg of this size, if that is sure to be a
  // refusal: before one is copied that is large.
  absl::Status Check(Pid to, size_t msg_bytes, absl::Duration timeout,
                     bool only_live = false);
  uint64_t Discard(Pid to);
  void CloseOutbox();
  absl::StatusOr<size_t> Receive(
      absl::Duration timeout, size_t limit,
      absl::FunctionRef<void(Delivery&& received)> take,
      Pins pins = Pins::kForEach);
  // What a handler is called with next: one of these, if any.
  struct Next {
    absl::optional<Delivery> received;
    absl::optional<Event> event;
    std::function<void(Context&)> post;
  };
  // The next envelope, or the next event if all envelopes that came before it
  // were taken, or what was posted: OK if one of them is filled in. Else as
  // Receive().
  absl::Status ReceiveNext(absl::Duration timeout, Next* next);
  // See Server::Post().
  absl::Status Post(std::function<void(Context&)> function);
  absl::Status WaitForPeers(int count, absl::Duration timeout);
  absl::StatusOr<Event> NextEvent(absl::Duration timeout);
  // Server::fd(), which is made by the first call.
  absl::StatusOr<int> Fd();
  // The same, readable while anything waits that was posted.
  absl::StatusOr<int> PostsFd();
  // Of a handler's Context.
  PeerStats::State StateOf(Pid peer);
  uint64_t MaxEnvelopeBytes();
  Stats GetStats();
  // Takes none of the locks of this class: also for who failed an assertion
  // under one.
  Recording GetRecording() const { return recorder_.Read(clock_.Now()); }
  absl::Status Close(absl::Duration timeout);
  bool closing();
  void Interrupt();
  bool interrupted();
  // Waits until all who are inside, the callers of Run() among them, are out.
  // REQUIRES: it is interrupted, and the caller is not inside itself.
  void SeeOff();
  // For who keeps this for the sake of those that may still call, to be told
  // that they are late. REQUIRES: it is interrupted.
  void DropInbox();
  // This process was forked off the one that made this: to touch anything else
  // here would be to wait for threads that there are not.
  bool InForkedChild() const { return guard_.InChild(); }

  // Counts whoever comes back to the pump again and again as inside, also in
  // between.
  class Visit {
   public:
    explicit Visit(Pump* pump);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Pump& pump_;
  };

 private:
  enum class Leader { kNobody, kLoop, kReceiver };
  // What the leader is after.
  enum class Quest { kNothing, kEnvelopes, kAllForHandlers };
  // From one to the next, never back.
  enum class State { kOpen, kClosing, kStopping, kClosed };
  // Posts that wait at most.
  static constexpr size_t kMaxPosts = 65536;
  // Frames sent before the other direction has its turn.
  static constexpr int kSendLimit = 64;

  // The leader in Transport::Wait(), and who is about to end that.
  struct Sleeper {
    Micros until = 0;  // When it wakes by itself; 0 while it is awake.
    int wakers = 0;    // Threads in Transport::Wake().
    Quest quest = Quest::kNothing;  // What it is after.

    bool asleep() const { return until != 0; }
  };

  // Threads that wait for what the leader finds.
  struct Waiters {
    int receivers = 0;  // Followers: in Receive(), while another one leads.
    int watchers = 0;   // In wait for any other change.
    CondVar received;   // Of the former: there is something, or nobody leads.
    CondVar changed;    // Of the latter.
    // Engine::runs() and changes() when they were told last.
    uint64_t seen_runs = 0;
    uint64_t seen_changes = 0;
  };

  // The time without a look at the clock, where it need not be exact.
  struct RecentTime {
    Micros time = 0;  // When somebody looked last.
    int joined = 0;   // Sends since then that did not look, ...
    int taken = 0;    // ... and Receives.
  };

  // The loop thread's wait for its turn to lead.
  struct LoopWait {
    CondVar wake;
    KeepOut keep_out;
  };

  // Functions that wait for a handler's turn.
  struct Posts {
    std::deque<std::function<void(Context&)>> waiting;
    bool had_turn = false;  // What else there is comes first now.
    LevelFd fd;
  };

  // A call that gives mu_ up before it ends. Lives while mu_ is held.
  class Inside {
   public:
    explicit Inside(Pump* pump) ABSL_NO_THREAD_SAFETY_ANALYSIS : pump_(*pump) {
      ++pump_.inside_;
    }
    ~Inside() ABSL_NO_THREAD_SAFETY_ANALYSIS { pump_.Leave(); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Pump& pump_;
  };

  // Receiver; on the leader's thread, which holds pump_.
  void OnFrame(const Origin& origin, Frame frame) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void OnReset(Pid peer, bool up) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void OnTrouble(Pid peer, const absl::Status& why) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  void OnTurnedAway(TurnedAway why, Pid peer,
                    const std::string& address) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);

  absl::StatusOr<Acceptance> SendOne(Pid to, const Outgoing& envelope,
                                     Patience* patience)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static Micros After(absl::Duration timeout, Micros now);
  Micros After(absl::Duration timeout) const {
    return After(timeout, clock_.Now());
  }
  void Wait(CondVar& condition, Micros deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // One turn of the leader. True: there may be more to do at once. Leaves mu_
  // locked, so that pump_ is given up under it.
  // A look at the clock takes as long as much of what is done in a turn, so
  // there is one in each, and `now` hands it on.
  bool Turn(Quest quest, Micros* now) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu_)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  // These unlock mu_ over each call of the transport.
  void SendDue(Micros* now, bool sleeping, int limit)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_, mu_);
  void SendStuck() ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_, mu_);
  // Of those whose leave has ended. Unlocks mu_, too.
  void EndLeavers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_, mu_);
  TransportKeys KeysWithLeavers() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_);
  absl::Status ReloadAsOwner(const Membership& wanted,
                             const TransportKeys& keys,
                             MembershipChange* change)
      ABSL_LOCKS_EXCLUDED(pump_, mu_);
  static absl::Status Closing();
  absl::Status CheckOpen() ABSL_LOCKS_EXCLUDED(mu_);
  void Reconnect(Pid peer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(pump_, mu_);
  // After an envelope was accepted: sends what is due by now, or sees to it
  // that somebody does in time. May unlock mu_ for a moment.
  void Flush(Micros now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool MaySleepAtOnce(Micros now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // One turn, then a sleep until something happens or `until`, unless there is
  // more to do at once. `now`: a recent time, and a later one if there was a
  // turn; how long it slept is not in it. REQUIRES: the caller is the leader.
  void PollAndSleep(Quest quest, Micros until, Micros* now)
      ABSL_LOCKS_EXCLUDED(pump_) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Micros TimeOfTaking() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // True if there is something that ends the leader's quest.
  bool Found(Quest quest) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Waits until something is found or the timeout is over, which begins where
  // `deadline` is not known yet (0); false if nothing was.
  bool Seek(Quest quest, absl::Duration timeout, Micros* deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // For who leaves the inbox: others may have to go on in its place.
  void PassOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the sleep of a leader that would sleep beyond `deadline`. Unlocks mu_
  // for a moment if it does.
  void WakeBy(Micros deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void NotifyWaiters() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // After whatever may have made or taken an envelope or an event, or ended
  // something, and before mu_ is given up: the descriptor and what it says are
  // of one moment.
  void ShowNews() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (news_.is_open()) news_.Show(HasNews());
  }
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakePost(Next* next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // For who is not the leader, and may have made an event. May unlock mu_ for a
  // moment.
  void NotifyOfEvents() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Leave() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The leader is none any more; promotes a follower.
  void StepDown() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Loop();
  void WaitForTurnOfLoop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const ForkGuard guard_;
  Clock& clock_;

  Mutex pump_ ABSL_ACQUIRED_BEFORE(mu_);
  // Null once closed. Wake() and Wait() need no lock: Close() lets nobody
  // begin one, and waits for those who have.
  std::unique_ptr<Transport> transport_;
  bool verify_checksums_;
  Micros max_late_;  // Before a leader counts as held up.
  Micros poll_time_ ABSL_GUARDED_BY(pump_) = 0;
  // As the configuration has them; and of those who are not in it any more,
  // while they are told.
  TransportKeys keys_ ABSL_GUARDED_BY(pump_);
  std::map<Pid, std::vector<std::string>> leavers_keys_ ABSL_GUARDED_BY(pump_);

  Mutex mu_;
  Engine engine_ ABSL_GUARDED_BY(mu_);
  const Recorder& recorder_;  // The engine's.
  State state_ ABSL_GUARDED_BY(mu_) = State::kOpen;
  Leader leader_ ABSL_GUARDED_BY(mu_) = Leader::kNobody;
  // When the leader is to be back at the latest. If it is much later, the
  // machine or a debugger has held us up.
  Micros due_back_ ABSL_GUARDED_BY(mu_) = kNever;
  Micros turned_at_ ABSL_GUARDED_BY(mu_);  // When the last turn began.
  // The last poll found everything out, and nobody slept since.
  bool polled_out_ ABSL_GUARDED_BY(mu_) = false;
  Sleeper sleeper_ ABSL_GUARDED_BY(mu_);
  Waiters waiters_ ABSL_GUARDED_BY(mu_);
  RecentTime recent_ ABSL_GUARDED_BY(mu_);
  LoopWait loop_ ABSL_GUARDED_BY(mu_);
  LevelFd news_ ABSL_GUARDED_BY(mu_);
  Posts posts_ ABSL_GUARDED_BY(mu_);
  bool interrupted_ ABSL_GUARDED_BY(mu_) = false;
  int inside_ ABSL_GUARDED_BY(mu_) = 0;            // Calls, and visits.
  Micros close_by_ ABSL_GUARDED_BY(mu_) = kNever;  // While it drains.
  bool close_cut_ ABSL_GUARDED_BY(mu_) = false;    // By Interrupt().
  absl::Status close_status_ ABSL_GUARDED_BY(mu_);
  Thread thread_;  // Runs Loop().
};

}  // namespace internal
}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_ENGINE_PUMP_H_
