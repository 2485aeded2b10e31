#include "raft/cluster/handler.h"

#include <chrono>  // NOLINT(build/c++11)
#include <random>

#include "absl/types/optional.h"
#include "raft/cluster/pump.h"
#include "raft/cluster/server.h"
#include "raft/cluster/timers.h"

namespace raft {
namespace {

class LiveContext : public Context {
 public:
  explicit LiveContext(Server* server)
      : server_(*server), random_(std::random_device()()) {}

  Pid pid() const override { return server_.pid(); }
  const std::vector<Pid>& peers() const override { return server_.peers(); }
  absl::Duration now() const override {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  uint64_t Random() override { return random_(); }
  absl::StatusOr<Receipt> TrySend(Pid to, absl::string_view msg,
                                  uint64_t id) override {
    return server_.outbox().TrySend(to, msg, id);
  }
  void SetTimer(int timer, absl::Duration after) override {
    timers_.Set(timer, now() + after);
  }
  void Stop() override { stopped_ = true; }

  bool stopped() const { return stopped_; }
  Timers& timers() { return timers_; }

 private:
  Server& server_;
  std::mt19937_64 random_;
  Timers timers_;
  bool stopped_ = false;
};

}  // namespace

absl::Status Run(Server& server, Handler& handler) {
  LiveContext context(&server);
  handler.OnStart(context);
  while (!context.stopped()) {
    if (const auto timer = context.timers().PopDue(context.now())) {
      handler.OnTimer(context, *timer);
      if (context.stopped()) break;
    }
    if (server.guard_.InChild()) return Forked();
    absl::optional<Received> received;
    absl::optional<Event> event;
    const absl::Status status = server.pump_->ReceiveNext(
        context.timers().Next() - context.now(), &received, &event);
    if (event.has_value()) {
      handler.OnEvent(context, *event);
    } else if (received.has_value()) {
      handler.OnEnvelope(context, *received);
    } else if (!absl::IsDeadlineExceeded(status)) {
      return server.pump_->closing() ? absl::OkStatus() : status;
    }
  }
  return absl::OkStatus();
}

}  // namespace raft
