// A pump under a Schedule, with all that a scenario needs around it:
//
//   Bench bench({/*peers=*/1});
//   bench.Run({{"sends", [&] { bench.Send(2); }},
//              {"receives", [&] { bench.Receive(); }}});
//
// Thread rule: the threads of one schedule.
#ifndef RAFT_TESTING_INTERLEAVING_BENCH_H_
#define RAFT_TESTING_INTERLEAVING_BENCH_H_

#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "raft/base/clock.h"
#include "raft/cluster/link/pace.h"
#include "raft/testing/interleaving/pump.h"
#include "raft/testing/interleaving/schedule.h"
#include "raft/testing/interleaving/wire.h"

namespace raft_cluster::internal {

inline constexpr auto kOk = absl::StatusCode::kOk;
inline constexpr auto kClosed = absl::StatusCode::kFailedPrecondition;
inline constexpr auto kLate = absl::StatusCode::kDeadlineExceeded;
inline constexpr auto kNobody = absl::StatusCode::kNotFound;
inline constexpr auto kCut = absl::StatusCode::kCancelled;
using Codes = std::initializer_list<absl::StatusCode>;

inline constexpr Pid kSelf = 1;
// All that has to be said in the beginning is said within this time.
inline constexpr Micros kBringUp = 200000;
inline constexpr Micros kShort = 500;

// The virtual time of the schedule that runs.
class ScheduleClock final : public Clock {
 public:
  Micros Now() override { return Schedule::Current().now(); }
};
inline void Sleep(Micros time) { Schedule::Current().Sleep(time); }

// A pump with its loop, its peers (servers 2, 3, ...) and its callers. A run
// fails where a call has none of the outcomes that are expected of it, or has
// none at all although what it waits for is there; where an envelope that was
// accepted is not taken by its peer, or a peer does not hear that its own was
// taken; and where the wire or the locks are misused.
class Bench {
 public:
  struct Options {
    int peers = 1;
    uint64_t queue_bytes = 1 << 20;  // For what is sent to one peer.
    bool up = true;                  // The peers are, before the test begins.
  };

  explicit Bench(const Options& options)
      : wire(options.peers), pump(wire.Open(), Engine(options), clock) {
    for (int i = 1; i <= options.peers; ++i) {
      wire.SetListens(kSelf + i, options.up);
    }
    Expect(pump.Connect(), {kOk});
    Expect(pump.Start(), {kOk});
    if (options.up) WaitForPeers(options.peers);
    Sleep(kBringUp);
    while (pump.NextEvent(absl::ZeroDuration()).ok()) {
    }
  }
  ~Bench() { pump.Close(absl::ZeroDuration()).IgnoreError(); }

  // These threads, in any order with each other and the loop.
  void Run(const std::vector<NamedThread>& threads) {
    Schedule::Current().Interleave(threads, [this] {
      for (const auto& [to, count] : accepted_) {
        if (!closed_ && wire.taken(to) != count) return false;
      }
      return closed_ || wire.Quiet();
    });
  }

  // The calls of the pump; without a timeout where they wait.
  void Send(Pid to, Codes codes = {kOk}) {
    Outgoing envelope;
    envelope.msg = Bytes::Copy("hello");
    if (Expect(pump.Send(to, envelope, absl::InfiniteDuration()).status(),
               codes)) {
      ++accepted_[to];
    }
  }
  // As many of 64 KiB as a sender that can wait would not have run ahead with.
  void SendAhead(Pid to) {
    Outgoing envelope;
    envelope.msg = Bytes::Own(std::string(size_t{1} << 16, 'x'));
    for (uint64_t cost = 0; cost <= Pace::kLeastMark; cost += envelope.cost()) {
      Expect(pump.Send(to, envelope, absl::ZeroDuration()).status(), {kOk});
      ++accepted_[to];
    }
  }
  // False: there is no room.
  bool TrySend(Pid to) {
    Outgoing envelope;
    envelope.msg = Bytes::Copy("hello");
    const bool sent =
        Expect(pump.Send(to, envelope, absl::ZeroDuration()).status(),
               {kOk, absl::StatusCode::kResourceExhausted});
    accepted_[to] += sent ? 1 : 0;
    return sent;
  }
  bool Receive(Codes codes = {kOk},
               absl::Duration timeout = absl::InfiniteDuration()) {
    return Expect(pump.Receive(timeout, /*limit=*/1, [](Delivery) {}).status(),
                  codes);
  }
  Pump::Next ReceiveNext(Codes codes = {kOk},
                         absl::Duration timeout = absl::InfiniteDuration()) {
    Pump::Next next;
    Expect(pump.ReceiveNext(timeout, &next), codes);
    return next;
  }
  // The descriptor of what has come, and of what was posted.
  int Fd() { return Number(pump.Fd()); }
  int PostsFd() { return Number(pump.PostsFd()); }
  static bool Readable(int fd) {
    pollfd polled = {fd, POLLIN, 0};
    return poll(&polled, 1, 0) == 1;
  }
  // Until it is readable, as a loop of the user's own waits for it.
  static void Poll(int fd) {
    Schedule::Current().WaitUntil({"polls"}, [fd] { return Readable(fd); });
  }
  // Counts what it was called for.
  void Post(int* ran, Codes codes = {kOk}) {
    Expect(pump.Post([ran](Context&) { ++*ran; }), codes);
  }
  void WaitForPeers(int count) {
    Expect(pump.WaitForPeers(count, absl::InfiniteDuration()), {kOk});
  }
  void NextEvent(Codes codes = {kOk}) {
    Expect(pump.NextEvent(absl::InfiniteDuration()).status(), codes);
  }
  // Accepted for those peers whose queue has room; it may be for nobody.
  void Broadcast() {
    Outgoing envelope;
    envelope.broadcast = true;
    envelope.msg = Bytes::Copy("hello");
    Expect(pump.Send(kBroadcast, envelope, absl::InfiniteDuration()).status(),
           {kOk});
  }
  // The configuration has no peers any more.
  void ReloadWithout() {
    MembershipChange change;
    Expect(pump.Reload(Membership(), {}, &change), {kOk});
    accepted_.clear();  // What waited for them is void.
  }
  // Its status says what was not taken, which is not the point here.
  void Close() {
    pump.Close(absl::Microseconds(kShort)).IgnoreError();
    closed_ = true;
  }

  // Lets a peer listen to which so many frames must have been sent.
  void ListenLate(Pid peer, size_t frames) {
    Schedule::Current().Check(wire.unheard(peer) == frames, "left waiting");
    wire.SetListens(peer, true);
  }

  Wire wire;
  ScheduleClock clock;
  Pump pump;

 private:
  static int Number(const absl::StatusOr<int>& fd) {
    Schedule::Current().Check(fd.ok(), "no descriptor");
    return *fd;
  }
  static EngineOptions Engine(const Options& options) {
    EngineOptions engine = Wire::QuietEngine(kSelf);
    engine.link.link_budget_bytes = options.queue_bytes;
    for (int i = 1; i <= options.peers; ++i) {
      engine.peers.push_back({kSelf + i, Wire::UrlOf(kSelf + i)});
    }
    return engine;
  }
  static bool Expect(const absl::Status& status, Codes codes) {
    Schedule::Current().Check(
        std::find(codes.begin(), codes.end(), status.code()) != codes.end(),
        absl::StrCat("outcome: ", status.ToString()));
    return status.ok();
  }

  bool closed_ = false;
  std::map<Pid, size_t> accepted_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_BENCH_H_
