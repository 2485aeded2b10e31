#include "raft/cmd/bench/raft_system.h"

#include <algorithm>
#include <utility>

#include "raft/cluster/server.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kReadyWithin = absl::Seconds(20);

class RaftSender : public Sender {
 public:
  explicit RaftSender(Outbox& outbox) : outbox_(outbox) {}

  absl::Status Send(int to, absl::string_view msg) override {
    return outbox_.Send(to == kEverybody ? kBroadcast : to, msg, kBenchPatience)
        .status();
  }

 private:
  Outbox& outbox_;
};

class RaftMember : public Member {
 public:
  RaftMember(std::unique_ptr<Server> server, bool batch)
      : server_(std::move(server)), batch_(batch) {}

  absl::Status WaitUntilReady() override {
    return server_->WaitForPeers(static_cast<int>(server_->peers().size()),
                                 kReadyWithin);
  }

  absl::StatusOr<std::unique_ptr<Sender>> NewSender() override {
    return std::make_unique<RaftSender>(server_->outbox());
  }

  absl::StatusOr<size_t> Receive(
      absl::FunctionRef<void(absl::string_view msg)> take) override {
    absl::Status status;
    if (batch_) {
      status = server_->inbox()
                   .ReceiveBatch(kBenchPatience, kBenchBatch, received_)
                   .status();
    } else {
      auto one = server_->inbox().Receive(kBenchPatience);
      status = one.status();
      if (one.ok()) received_.push_back(*std::move(one));
    }
    if (!status.ok() && !absl::IsDeadlineExceeded(status)) return status;
    for (const Received& received : received_) take(received.msg());
    const size_t count = received_.size();
    received_.clear();
    return count;
  }

 private:
  const std::unique_ptr<Server> server_;
  const bool batch_;
  std::vector<Received> received_;  // Empty between calls.
};

Options MakeOptions(const Plan& plan) {
  Options options;
  options.link_budget_bytes = static_cast<size_t>(plan.budget_mib) << 20;
  // A budget has room for the largest envelope, and 64 KiB more.
  options.max_envelope_bytes =
      std::min(options.max_envelope_bytes,
               options.link_budget_bytes - (size_t{64} << 10));
  return options;
}

class RaftSystem : public System {
 public:
  RaftSystem(const Plan& plan, const std::vector<std::string>& urls)
      : batch_(plan.batch && plan.mode != Plan::Mode::kPingPong),
        options_(MakeOptions(plan)) {
    config_.mutable_object()->set_total(static_cast<int>(urls.size()));
    for (const std::string& url : urls) {
      Config::Member* const member = config_.mutable_object()->add_servers();
      member->set_mypid(config_.object().servers_size());
      member->set_url(url);
    }
  }

  absl::StatusOr<std::unique_ptr<Member>> Start(int server) override {
    auto started = Server::Start(config_, server, options_);
    if (!started.ok()) return started.status();
    return std::make_unique<RaftMember>(*std::move(started), batch_);
  }

 private:
  const bool batch_;
  const Options options_;  // One for all: they meet in its loopback network.
  Config config_;
};

}  // namespace

std::unique_ptr<System> NewRaftSystem(const Plan& plan,
                                      const std::vector<std::string>& urls) {
  return std::make_unique<RaftSystem>(plan, urls);
}

}  // namespace raft_cluster::internal
