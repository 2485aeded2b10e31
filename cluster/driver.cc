#include "raft/cluster/driver.h"

#include <chrono>  // NOLINT(build/c++11)
#include <random>
#include <utility>
#include <vector>

#include "raft/base/fork_guard.h"
#include "raft/cluster/dispatcher.h"
#include "raft/cluster/loop_fd.h"
#include "raft/cluster/server_access.h"

namespace raft_cluster {
namespace {

// In one turn, before the rest of the loop has its own.
constexpr int kCallsPerTurn = 64;

class LiveDispatcher : public internal::Dispatcher {
 public:
  LiveDispatcher(Server* server, Handler* handler, internal::Pump* pump)
      : Dispatcher(handler, pump),
        server_(*server),
        random_(std::random_device()()) {}

  Pid pid() const override { return server_.pid(); }
  std::vector<Pid> peers() const override { return server_.peers(); }
  // The monotonic clock, as LoopFd has it.
  absl::Duration now() const override {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  uint64_t Random() override { return random_(); }
  absl::StatusOr<Receipt> TrySend(Pid to, absl::string_view msg, uint64_t id,
                                  SendWhen when) override {
    return server_.outbox().TrySend(to, msg, id, when);
  }
  SentMany TrySendMany(absl::Span<const ToSend> envelopes) override {
    return server_.outbox().SendMany(envelopes, absl::ZeroDuration());
  }

 private:
  Server& server_;
  std::mt19937_64 random_;
};

}  // namespace

class Driver::State {
 public:
  State(Server* server, Handler* handler)
      : pump(internal::ServerAccess::pump(*server)),
        dispatcher(server, handler, &pump) {}

  void End(const absl::Status& why) {
    done = true;
    status = why;
  }

  // When there is something to do though nothing comes.
  absl::Duration Alarm() const {
    if (done || !dispatcher.started()) return absl::ZeroDuration();
    return dispatcher.NextTimer();
  }

  internal::Pump& pump;
  LiveDispatcher dispatcher;
  internal::LoopFd loop_fd;
  bool done = false;
  absl::Status status;  // Why it is done.
};

Driver::Driver(Server& server, Handler& handler)
    : state_(std::make_unique<State>(&server, &handler)) {}

Driver::~Driver() = default;

bool Driver::done() const { return state_->done; }

absl::StatusOr<int> Driver::fd() {
  State& state = *state_;
  if (state.pump.InForkedChild()) return internal::Forked();
  if (state.loop_fd.is_open()) return state.loop_fd.number();
  const absl::StatusOr<int> news = state.pump.Fd();
  if (!news.ok()) return news;
  const absl::StatusOr<int> posts = state.pump.PostsFd();
  if (!posts.ok()) return posts;
  const absl::StatusOr<int> fd = state.loop_fd.Open({*news, *posts});
  state.loop_fd.SetAlarm(state.Alarm());
  return fd;
}

bool Driver::Call(absl::Duration timeout) {
  State& state = *state_;
  if (state.pump.InForkedChild()) {
    state.End(internal::Forked());
    return false;
  }
  // Before its start: from then on the pump says so.
  if (!state.dispatcher.started() && state.pump.interrupted()) {
    state.End(internal::Interrupted());
    return false;
  }
  const absl::Status status = state.dispatcher.Turn(timeout);
  const bool idle = absl::IsDeadlineExceeded(status);
  if (state.dispatcher.stopped()) {
    state.End(absl::OkStatus());
  } else if (!status.ok() && !idle) {
    // To close a server from another thread is the regular end.
    const bool closed = !absl::IsCancelled(status) && state.pump.closing();
    state.End(closed ? absl::OkStatus() : status);
  }
  return status.ok();
}

absl::Status Driver::Turn() {
  State& state = *state_;
  if (state.done) return state.status;
  if (state.pump.InForkedChild()) return internal::Forked();
  {
    const internal::Pump::Visit visit(&state.pump);
    for (int calls = 0; calls < kCallsPerTurn && !state.done; ++calls) {
      if (!Call(absl::ZeroDuration())) break;
    }
  }
  state.loop_fd.SetAlarm(state.Alarm());
  return state.status;
}

absl::Status Driver::Post(std::function<void(Context&)> function) {
  if (state_->pump.InForkedChild()) return internal::Forked();
  return state_->pump.Post(std::move(function));
}

absl::Status Run(Server& server, Handler& handler) {
  internal::Pump& pump = internal::ServerAccess::pump(server);
  if (pump.InForkedChild()) return internal::Forked();
  // Also between two calls: who waits until nobody is inside frees the handler
  // then.
  const internal::Pump::Visit visit(&pump);
  Driver driver(server, handler);
  while (!driver.done()) driver.Call(absl::InfiniteDuration());
  return driver.state_->status;
}

}  // namespace raft_cluster
