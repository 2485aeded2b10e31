#include "raft/cmd/bench/work.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "raft/base/thread.h"
#include "raft/cmd/bench/ticks.h"

namespace raft_cluster::internal {
namespace {

// Says when each message is due.
class Pacer {
 public:
  explicit Pacer(double per_second)
      : interval_ns_(per_second > 0 ? 1e9 / per_second : 0),
        next_ns_(static_cast<double>(Ticks())) {
    // The system otherwise adds 50 us to each sleep.
    if (interval_ns_ > 0) prctl(PR_SET_TIMERSLACK, 1);
  }

  // Waits until the next message is due, which may have been long ago, and
  // returns that time; where there is no rate, now. Returns early at the stop.
  int64_t Next(const Board& board) {
    if (interval_ns_ == 0) return Ticks();
    const auto due = static_cast<int64_t>(next_ns_);
    next_ns_ += interval_ns_;
    for (int64_t now = Ticks(); now < due && !board.stopped(); now = Ticks()) {
      SleepUntil(std::min(due, now + absl::ToInt64Nanoseconds(kBenchPatience)));
    }
    return due;
  }

 private:
  const double interval_ns_;
  double next_ns_;
};

class Worker {
 public:
  Worker(const Plan& plan, int server, Board& board)
      : plan_(plan),
        server_(server),
        board_(board),
        slot_(board.slot(server)) {}

  void Run(Member& member) {
    std::vector<std::unique_ptr<Sender>> senders;
    const bool answers = plan_.mode == Plan::Mode::kPingPong;
    if (plan_.Sends(server_) || answers) {
      for (int i = 0; i < plan_.senders; ++i) {
        auto sender = member.NewSender();
        if (!sender.ok()) return board_.Fail(sender.status());
        senders.push_back(*std::move(sender));
      }
    }
    slot_.ready.store(true);
    while (board_.phase() == Board::Phase::kPrepare) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    if (answers) {
      return server_ == 1 ? Ping(member, *senders[0])
                          : Answer(member, *senders[0]);
    }
    std::vector<Thread> threads;
    for (const auto& sender : senders) {
      const auto seed = static_cast<uint32_t>(server_) * 100 +
                        static_cast<uint32_t>(threads.size());
      threads.emplace_back([this, &sender, seed] { SendAll(*sender, seed); });
    }
    if (plan_.Receives(server_)) ReceiveAll(member);
    for (Thread& thread : threads) thread.join();
  }

 private:
  void SendAll(Sender& sender, uint32_t seed) {
    const int sending = plan_.mode == Plan::Mode::kMesh ? plan_.servers : 1;
    Pacer pacer(plan_.rate / (sending * plan_.senders));
    std::minstd_rand dice(seed);
    std::string msg(plan_.size_bytes, 'x');
    while (!board_.stopped()) {
      if (plan_.stamped()) {
        const int64_t due = pacer.Next(board_);
        std::memcpy(&msg[0], &due, sizeof(due));
      }
      SendOne(sender, NextReceiver(dice), msg);
    }
  }

  int NextReceiver(std::minstd_rand& dice) const {
    switch (plan_.mode) {
      case Plan::Mode::kStream:
      case Plan::Mode::kPingPong:
        return 2;
      case Plan::Mode::kBroadcast:
        return kEverybody;
      case Plan::Mode::kMesh:
        break;
    }
    const int to = 1 + static_cast<int>(dice() % plan_.servers);
    return to == server_ ? kEverybody : to;
  }

  void SendOne(Sender& sender, int to, absl::string_view msg) {
    while (!board_.stopped()) {
      const absl::Status status = sender.Send(to, msg);
      if (status.ok()) return;
      if (!absl::IsDeadlineExceeded(status)) return board_.Fail(status);
    }
  }

  // Receives what is there, and counts and checks it.
  size_t Receive(Member& member,
                 absl::FunctionRef<void(absl::string_view msg)> take) {
    bool wrong = false;
    const auto count = member.Receive([&](absl::string_view msg) {
      wrong = wrong || msg.size() != plan_.size_bytes;
      if (!wrong) take(msg);
    });
    if (!count.ok()) {
      board_.Fail(count.status());
      return 0;
    }
    if (wrong) {
      board_.Fail(absl::DataLossError(
          absl::StrCat("server ", server_, " received what nobody sent")));
    }
    slot_.received.store(
        slot_.received.load(std::memory_order_relaxed) + *count,
        std::memory_order_relaxed);
    return *count;
  }

  void ReceiveAll(Member& member) {
    const auto take = [this](absl::string_view msg) {
      if (plan_.stamped()) RecordSince(msg);
    };
    while (!board_.stopped()) Receive(member, take);
  }

  void RecordSince(absl::string_view msg) {
    int64_t due;
    std::memcpy(&due, msg.data(), sizeof(due));
    Record(Ticks() - due);
  }

  void Record(int64_t ns) {
    if (board_.phase() == Board::Phase::kMeasure) slot_.latency.Record(ns);
  }

  void Ping(Member& member, Sender& sender) {
    Pacer pacer(plan_.rate);
    const std::string msg(plan_.size_bytes, 'x');
    while (!board_.stopped()) {
      const int64_t due = pacer.Next(board_);
      SendOne(sender, 2, msg);
      while (!board_.stopped() &&
             Receive(member, [](absl::string_view) {}) == 0) {
      }
      Record(Ticks() - due);
    }
  }

  void Answer(Member& member, Sender& sender) {
    std::string msg;
    const auto take = [&msg](absl::string_view ping) {
      msg.assign(ping.data(), ping.size());
    };
    while (!board_.stopped()) {
      if (Receive(member, take) > 0) SendOne(sender, 1, msg);
    }
  }

  const Plan& plan_;
  const int server_;
  Board& board_;
  Board::Slot& slot_;
};

}  // namespace

void Work(const Plan& plan, System& system, int server, Board& board) {
  const auto member = system.Start(server);
  if (!member.ok()) return board.Fail(member.status());
  const absl::Status ready = (*member)->WaitUntilReady();
  if (!ready.ok()) return board.Fail(ready);
  Worker(plan, server, board).Run(**member);
}

}  // namespace raft_cluster::internal
