#include "raft/cluster/handler.h"

#include <chrono>  // NOLINT(build/c++11)
#include <random>

#include "raft/base/fork_guard.h"
#include "raft/cluster/dispatcher.h"
#include "raft/cluster/server.h"
#include "raft/cluster/server_access.h"

namespace raft_cluster {
namespace {

class LiveDispatcher : public internal::Dispatcher {
 public:
  LiveDispatcher(Server* server, Handler* handler, internal::Pump* pump)
      : Dispatcher(handler, pump),
        server_(*server),
        random_(std::random_device()()) {}

  Pid pid() const override { return server_.pid(); }
  std::vector<Pid> peers() const override { return server_.peers(); }
  absl::Duration now() const override {
    return absl::FromChrono(
        std::chrono::steady_clock::now().time_since_epoch());
  }
  uint64_t Random() override { return random_(); }
  absl::StatusOr<Receipt> TrySend(Pid to, absl::string_view msg,
                                  uint64_t id) override {
    return server_.outbox().TrySend(to, msg, id);
  }

 private:
  Server& server_;
  std::mt19937_64 random_;
};

}  // namespace

absl::Status Run(Server& server, Handler& handler) {
  internal::Pump& pump = internal::ServerAccess::pump(server);
  if (pump.InForkedChild()) return internal::Forked();
  const internal::Pump::Visit visit(&pump);
  if (pump.interrupted()) return internal::Interrupted();
  LiveDispatcher dispatcher(&server, &handler, &pump);
  while (!dispatcher.stopped()) {
    if (pump.InForkedChild()) return internal::Forked();
    const absl::Status status = dispatcher.Turn(absl::InfiniteDuration());
    if (absl::IsCancelled(status)) return status;
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) {
      // To close a server from another thread is the regular end of Run().
      return pump.closing() ? absl::OkStatus() : status;
    }
  }
  return absl::OkStatus();
}

}  // namespace raft_cluster
