#include "raft/testing/recorded_cluster.h"

#include <atomic>
#include <cstdint>
#include <sstream>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "raft/testing/message.h"

namespace raft {
namespace {

// How long a collector takes to notice that it was stopped.
constexpr absl::Duration kPatience = absl::Milliseconds(20);
constexpr size_t kBatch = 64;

void Record(ReceiverLog& log, const Received& received) {
  log.Took(received.from(), received.to(), received.id(), received.msg(),
           received.incarnation());
}

}  // namespace

// Threads that take what comes to one life of a server.
class Collector {
 public:
  Collector(History& history, Server& server, ServerLife life, int threads) {
    for (int i = 0; i < threads; ++i) {
      ReceiverLog& log = history.AddReceiver(life);
      threads_.emplace_back([this, &log, &server] { Run(log, server); });
    }
  }
  ~Collector() {
    stopped_ = true;
    Join();
  }

  // Until the inbox closes.
  void Join() {
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  void Run(ReceiverLog& log, Server& server) {
    std::vector<Received> batch;
    while (!stopped_) {
      batch.clear();
      const absl::Status status =
          server.inbox().ReceiveBatch(kPatience, kBatch, batch).status();
      for (const Received& received : batch) Record(log, received);
      if (absl::IsFailedPrecondition(status)) return;
    }
  }

  std::atomic<bool> stopped_{false};
  std::vector<std::thread> threads_;
};

RecordedSender::RecordedSender(History& history, Server& server,
                               ServerLife life)
    : history_(history), server_(server), log_(history.AddSender(life)) {}

absl::StatusOr<Receipt> RecordedSender::TrySend(Pid to, size_t bytes) {
  return Send(to, bytes, absl::ZeroDuration());
}

absl::StatusOr<Receipt> RecordedSender::Send(Pid to, size_t bytes,
                                             absl::Duration timeout) {
  const uint64_t id = history_.NextId();
  const std::string msg = MakeMessage(id, bytes);
  Outbox& outbox = server_.outbox();
  absl::StatusOr<Receipt> receipt = timeout > absl::ZeroDuration()
                                        ? outbox.Send(to, msg, timeout, id)
                                        : outbox.TrySend(to, msg, id);
  const Receipt answer = receipt.ok() ? *receipt : Receipt();
  log_.Sent(to, id, msg, answer.accepted, answer.skipped);
  return receipt;
}

RecordedCluster::RecordedCluster(int servers, absl::string_view scheme,
                                 LocalCluster::Setup setup)
    : on_restart_(setup.options(1).on_restart == Options::OnRestart::kVoid
                      ? History::OnRestart::kVoid
                      : History::OnRestart::kResend),
      servers_(servers),
      cluster_(servers, scheme, std::move(setup)) {}

RecordedCluster::~RecordedCluster() = default;

RecordedSender RecordedCluster::NewSender(Pid from) {
  return RecordedSender(history_, cluster_[from], LifeOf(from));
}

absl::StatusOr<Receipt> RecordedCluster::TrySend(Pid from, Pid to,
                                                 size_t bytes) {
  return Send(from, to, bytes, absl::ZeroDuration());
}

absl::StatusOr<Receipt> RecordedCluster::Send(Pid from, Pid to, size_t bytes,
                                              absl::Duration timeout) {
  const ServerLife life = LifeOf(from);
  auto sender = senders_.find(life);
  if (sender == senders_.end()) {
    sender = senders_.emplace(life, NewSender(from)).first;
  }
  return sender->second.Send(to, bytes, timeout);
}

absl::StatusOr<Received> RecordedCluster::Receive(Pid at,
                                                  absl::Duration timeout) {
  ReceiverLog*& log = receivers_[LifeOf(at)];
  if (log == nullptr) log = &history_.AddReceiver(LifeOf(at));
  absl::StatusOr<Received> received = cluster_[at].inbox().Receive(timeout);
  if (received.ok()) Record(*log, *received);
  return received;
}

void RecordedCluster::Collect(Pid at, int threads) {
  collectors_[at] =
      std::make_unique<Collector>(history_, cluster_[at], LifeOf(at), threads);
}

void RecordedCluster::CollectAll() {
  for (Pid pid : cluster_.running()) Collect(pid);
}

void RecordedCluster::StopCollecting(Pid at) { collectors_.erase(at); }

absl::Status RecordedCluster::Stop(Pid pid, absl::Duration timeout) {
  if (cluster_.server(pid) != nullptr) {
    cluster_[pid].Close(timeout).IgnoreError();  // Stop() answers the same.
    StopCollecting(pid);
  }
  return cluster_.Stop(pid, timeout);
}

absl::Status RecordedCluster::Crash(Pid pid) {
  StopCollecting(pid);
  return cluster_.Crash(pid);
}

absl::Status RecordedCluster::Restart(Pid pid) {
  const absl::Status status = Crash(pid);
  return status.ok() ? Start(pid) : status;
}

Verdict RecordedCluster::Judge() {
  collectors_.clear();
  for (Pid pid = 1; pid <= servers_; ++pid) {
    for (int number = 1; number <= cluster_.lives(pid); ++number) {
      const Stats stats = cluster_.LastStats(pid, number);
      for (const PeerStats& peer : stats.peers()) {
        history_.SetAccount({pid, number}, peer.pid(),
                            {peer.ledger().accepted(), peer.ledger().taken()});
      }
    }
  }
  return history_.Judge(on_restart_);
}

absl::Status RecordedCluster::Check() {
  const Verdict verdict = Judge();
  if (!verdict.ok()) {
    std::ostringstream report;
    report << verdict;
    return absl::InternalError(report.str());
  }
  return cluster_.CheckLedgers();
}

}  // namespace raft
