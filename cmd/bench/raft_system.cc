#include "raft/cmd/bench/raft_system.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "raft/cluster/server.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kReadyWithin = absl::Seconds(20);

class RaftSender : public Sender {
 public:
  RaftSender(Outbox& outbox, size_t many)
      : outbox_(outbox), msgs_(many), batch_(many) {}

  absl::Status Send(int to, absl::string_view msg) override {
    const Pid pid = to == kEverybody ? kBroadcast : to;
    if (batch_.size() == 1) {
      return outbox_.Send(pid, msg, kBenchPatience).status();
    }
    // With all of them there, it is the last one that is tried again.
    if (gathered_ < batch_.size()) {
      msgs_[gathered_].assign(msg.data(), msg.size());
      batch_[gathered_] = {pid, msgs_[gathered_]};
      if (++gathered_ < batch_.size()) return absl::OkStatus();
    }
    const SentMany sent = outbox_.SendMany(
        absl::MakeConstSpan(batch_).subspan(sent_), kBenchPatience);
    sent_ += sent.accepted;
    if (sent.status.ok()) gathered_ = sent_ = 0;
    return sent.status;
  }

 private:
  Outbox& outbox_;
  std::vector<std::string> msgs_;
  std::vector<ToSend> batch_;
  size_t gathered_ = 0;
  size_t sent_ = 0;  // Of the batch that has been gathered.
};

class RaftMember : public Member {
 public:
  RaftMember(std::unique_ptr<Server> server, bool batch, size_t send_batch)
      : server_(std::move(server)), batch_(batch), send_batch_(send_batch) {}

  absl::Status WaitUntilReady() override {
    return server_->WaitForPeers(static_cast<int>(server_->peers().size()),
                                 kReadyWithin);
  }

  absl::StatusOr<std::unique_ptr<Sender>> NewSender() override {
    return std::make_unique<RaftSender>(server_->outbox(), send_batch_);
  }

  absl::StatusOr<size_t> Receive(
      absl::FunctionRef<void(absl::string_view msg)> take) override {
    if (!batch_) {
      const auto one = server_->inbox().Receive(kBenchPatience);
      if (one.ok()) take(one->msg());
      if (!one.ok() && !absl::IsDeadlineExceeded(one.status())) {
        return one.status();
      }
      return one.ok() ? 1 : 0;
    }
    const auto count =
        server_->inbox().ReceiveBatch(kBenchPatience, kBenchBatch, received_);
    if (!count.ok() && !absl::IsDeadlineExceeded(count.status())) return count;
    for (const Batch::View& received : received_) take(received.msg);
    const size_t received = received_.size();
    received_.Clear();
    return received;
  }

 private:
  const std::unique_ptr<Server> server_;
  const bool batch_;
  const size_t send_batch_;
  Batch received_;  // Empty between calls.
};

Options MakeOptions(const Plan& plan) {
  Options options;
  options.link_budget_bytes = static_cast<size_t>(plan.budget_mib) << 20;
  // A budget has room for the largest envelope, and 64 KiB more.
  options.max_envelope_bytes =
      std::min(options.max_envelope_bytes,
               options.link_budget_bytes - (size_t{64} << 10));
  options.spin = plan.spin;
  return options;
}

class RaftSystem : public System {
 public:
  RaftSystem(const Plan& plan, const std::vector<std::string>& urls,
             const ServerKeys& keys)
      : batch_(plan.batch && plan.mode != Plan::Mode::kPingPong),
        send_batch_(static_cast<size_t>(plan.send_batch)),
        options_(MakeOptions(plan)),
        key_files_(keys.files()) {
    config_.mutable_object()->set_total(static_cast<int>(urls.size()));
    for (const std::string& url : urls) {
      Config::Member* const member = config_.mutable_object()->add_servers();
      member->set_mypid(config_.object().servers_size());
      member->set_url(url);
      if (key_files_.empty()) continue;
      member->add_keys(keys.listed()[static_cast<size_t>(member->mypid() - 1)]);
    }
  }

  absl::StatusOr<std::unique_ptr<Member>> Start(int server) override {
    Options options = options_;
    if (!key_files_.empty()) {
      options.key_file = key_files_[static_cast<size_t>(server - 1)];
    }
    auto started = Server::Start(config_, server, options);
    if (!started.ok()) return started.status();
    return std::make_unique<RaftMember>(*std::move(started), batch_,
                                        send_batch_);
  }

 private:
  const bool batch_;
  const size_t send_batch_;
  const Options options_;  // One for all: they meet in its loopback network.
  const std::vector<std::string> key_files_;
  Config config_;
};

}  // namespace

std::unique_ptr<System> NewRaftSystem(const Plan& plan,
                                      const std::vector<std::string>& urls,
                                      const ServerKeys& keys) {
  return std::make_unique<RaftSystem>(plan, urls, keys);
}

}  // namespace raft_cluster::internal
