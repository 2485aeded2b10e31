#include "raft/cmd/bench/runner.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "raft/base/thread.h"
#include "raft/cmd/bench/addresses.h"
#include "raft/cmd/bench/board.h"
#include "raft/cmd/bench/children.h"
#include "raft/cmd/bench/raft_system.h"
#include "raft/cmd/bench/server_keys.h"
#include "raft/cmd/bench/socket_system.h"
#include "raft/cmd/bench/ticks.h"
#include "raft/cmd/bench/work.h"
#include "raft/cmd/bench/zmq_system.h"
#include "raft/cmd/program.h"

namespace raft_cluster::internal {
namespace {

// Each step before and after the measurement takes no longer, or has failed.
constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr absl::Duration kMaxWarmUp = absl::Milliseconds(500);
constexpr absl::Duration kShowInterval = absl::Milliseconds(200);
// Ten steps make one nine of a percentile.
constexpr double kCurveStep = 1.2589254117941673;

void StayOnOneCore() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(0, sizeof(one), &one);
    return;
  }
}

std::unique_ptr<System> NewSystem(const Plan& plan,
                                  const Plan::Contender& contender,
                                  const std::vector<std::string>& urls,
                                  const ServerKeys& keys) {
  switch (contender.system) {
    case Plan::Contender::System::kZmq:
      return NewZmqSystem(plan, urls);
    case Plan::Contender::System::kSocket:
      return NewSocketSystem(plan, urls);
    case Plan::Contender::System::kRaft:
      break;
  }
  return NewRaftSystem(plan, urls, keys);
}

// The body of a process: the servers from `first` to `last`.
void Serve(const Plan& plan, const Plan::Contender& contender,
           const std::vector<std::string>& urls, const ServerKeys& keys,
           int first, int last, Board& board) {
  if (plan.one_core) StayOnOneCore();
  const std::unique_ptr<System> system = NewSystem(plan, contender, urls, keys);
  std::vector<Thread> threads;
  for (int server = first; server <= last; ++server) {
    threads.emplace_back([&, server] { Work(plan, *system, server, board); });
  }
  for (Thread& thread : threads) thread.join();
}

// Waits; CANCELLED if a signal asks for the end.
absl::Status Nap(absl::Duration duration) {
  pollfd fds[] = {{Signals(), POLLIN, 0}};
  const auto timeout_ms = static_cast<int>(
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1))));
  if (poll(fds, 1, timeout_ms) <= 0) return absl::OkStatus();
  signalfd_siginfo info;
  if (read(Signals(), &info, sizeof(info)) != sizeof(info) ||
      info.ssi_signo == SIGUSR1) {
    return absl::OkStatus();
  }
  return absl::CancelledError("interrupted");
}

class Round {
 public:
  Round(const Plan& plan, const Plan::Contender& contender,
        const Addresses& addresses, const ServerKeys& keys, Board& board)
      : plan_(plan),
        contender_(contender),
        addresses_(addresses),
        keys_(keys),
        board_(board) {}

  absl::StatusOr<Sample> Run(absl::FunctionRef<void(double rate)> show) {
    absl::Status status = StartAll();
    if (status.ok()) {
      status = Until("start", [this] {
        return All([](Board::Slot& slot) { return slot.ready.load(); });
      });
    }
    board_.SetPhase(Board::Phase::kRun);
    if (status.ok()) {
      status = Until("receive anything", [this] {
        return All([](Board::Slot& slot) { return slot.received.load() > 0; });
      });
    }
    if (status.ok()) status = Nap(std::min(plan_.duration / 2, kMaxWarmUp));
    if (!status.ok()) return status;

    board_.SetPhase(Board::Phase::kMeasure);
    const Count start = Look();
    status = Watch(start, show);
    const Count end = Look();
    board_.SetPhase(Board::Phase::kStop);
    if (!status.ok()) return status;
    Sample sample = ToSample(start, end);
    absl::StatusOr<bool> ended = false;
    status = Until("end", [&] {
      ended = children_.Ended();
      return !ended.ok() || *ended;
    });
    if (!ended.ok()) return ended.status();
    if (!status.ok()) return status;
    sample.peak_bytes = static_cast<double>(children_.peak_bytes());
    return sample;
  }

 private:
  struct Count {
    int64_t ticks = 0;
    uint64_t received = 0;
    int64_t cpu_ns = 0;
  };

  absl::Status StartAll() {
    const int step = contender_.one_process ? plan_.servers : 1;
    for (int server = 1; server <= plan_.servers; server += step) {
      absl::Status status = children_.Start([&] {
        Serve(plan_, contender_, addresses_.urls(), keys_, server,
              server + step - 1, board_);
      });
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // True if `holds` for each server that has a part in it.
  bool All(absl::FunctionRef<bool(Board::Slot& slot)> holds) {
    for (int server = 1; server <= plan_.servers; ++server) {
      if (!holds(board_.slot(server)) &&
          (board_.phase() == Board::Phase::kPrepare ||
           plan_.Receives(server))) {
        return false;
      }
    }
    return true;
  }

  absl::Status Until(const char* what, absl::FunctionRef<bool()> done) {
    const int64_t deadline = Ticks() + absl::ToInt64Nanoseconds(kPatience);
    while (!done()) {
      absl::Status status = Nap(absl::Milliseconds(2));
      if (status.ok()) status = Check();
      if (!status.ok()) return status;
      if (Ticks() > deadline) {
        return absl::DeadlineExceededError(
            absl::StrCat(contender_.name, ": the servers do not ", what));
      }
    }
    return absl::OkStatus();
  }

  // Whether the servers are well.
  absl::Status Check() {
    const absl::Status failure = board_.failure();
    if (!failure.ok()) {
      return absl::Status(failure.code(), absl::StrCat(contender_.name, ": ",
                                                       failure.message()));
    }
    return children_.Ended().status();
  }

  Count Look() const {
    return {Ticks(), board_.received(), children_.CpuNanoseconds()};
  }

  // For the time planned, and until there is something to judge by: on a busy
  // machine the servers may not get to run in a short round.
  absl::Status Watch(const Count& start,
                     absl::FunctionRef<void(double rate)> show) {
    Count last = start;
    for (;;) {
      const absl::Duration left =
          plan_.duration - absl::Nanoseconds(Ticks() - start.ticks);
      if (left <= absl::ZeroDuration() && last.received > start.received &&
          (!plan_.timed() || Latencies()->count() > 0)) {
        return absl::OkStatus();
      }
      if (left < -kPatience) {
        return absl::DeadlineExceededError(
            absl::StrCat(contender_.name, ": nothing is received any more"));
      }
      absl::Status status =
          Nap(std::max(std::min(left, kShowInterval), absl::Milliseconds(1)));
      if (status.ok()) status = Check();
      if (!status.ok()) return status;
      const Count now = Look();
      show(static_cast<double>(now.received - last.received) * 1e9 /
           static_cast<double>(now.ticks - last.ticks));
      last = now;
    }
  }

  // Of all servers.
  std::unique_ptr<Histogram> Latencies() {
    auto all = std::make_unique<Histogram>();
    for (int server = 1; server <= plan_.servers; ++server) {
      all->Add(board_.slot(server).latency);
    }
    return all;
  }

  Sample ToSample(const Count& start, const Count& end) {
    const auto messages = static_cast<double>(end.received - start.received);
    Sample sample;
    sample.messages_per_second =
        messages * 1e9 / static_cast<double>(end.ticks - start.ticks);
    sample.cpu_ns_per_message =
        static_cast<double>(end.cpu_ns - start.cpu_ns) / std::max(messages, 1.);
    const std::unique_ptr<Histogram> all = Latencies();
    const auto quantile = [&all](double fraction) {
      return static_cast<double>(all->Quantile(fraction));
    };
    sample.latency = {all->count(),   quantile(0.5),   quantile(0.9),
                      quantile(0.99), quantile(0.999), quantile(1)};
    // As far as there are messages to tell: one in `slower` is beyond.
    for (double slower = 1; slower <= static_cast<double>(all->count());
         slower *= kCurveStep) {
      sample.quantiles.push_back({1 - 1 / slower, quantile(1 - 1 / slower)});
    }
    return sample;
  }

  const Plan& plan_;
  const Plan::Contender& contender_;
  const Addresses& addresses_;
  const ServerKeys& keys_;
  Board& board_;
  Children children_;
};

}  // namespace

absl::StatusOr<Sample> Measure(const Plan& plan,
                               const Plan::Contender& contender,
                               absl::FunctionRef<void(double rate)> show) {
  const absl::StatusOr<Addresses> addresses =
      Addresses::Pick(contender.transport, plan.servers);
  if (!addresses.ok()) return addresses.status();
  const absl::StatusOr<ServerKeys> keys =
      contender.keys ? ServerKeys::Make(contender.transport, plan.servers)
                     : ServerKeys();
  if (!keys.ok()) return keys.status();
  const absl::StatusOr<Board::Shared> board = Board::Share();
  if (!board.ok()) return board.status();
  return Round(plan, contender, *addresses, *keys, **board).Run(show);
}

}  // namespace raft_cluster::internal
