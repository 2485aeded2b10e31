#include "raft/testing/mutants/wires.h"

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/cluster/engine/pump.h"
#include "raft/testing/eventually.h"
#include "raft/testing/faulty/faulty.h"
#include "raft/testing/gate.h"
#include "raft/testing/history.h"
#include "raft/testing/local_addresses.h"
#include "raft/testing/mutants/mutant.h"
#include "raft/transport/builtin/builtin.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kInboxBytes = 64 << 10;
constexpr uint64_t kQueueBytes = 256 << 10;
constexpr size_t kMsgBytes = 500;
// More than the inbox has room for, less than the queue has.
constexpr int kFlood = 300;
constexpr int kBursts = 30;
constexpr absl::Duration kSoon = absl::Seconds(4);

// A life of one of the two servers.
class Node {
 public:
  Node(ServerLife life, const std::vector<std::string>& urls,
       const Faults& faults, History* history)
      : life_(life),
        peer_(3 - life.pid),
        gate_(std::make_shared<Gate>()),
        history_(*history),
        sent_(history->AddSender(life)),
        took_(history->AddReceiver(life)) {
    const auto url_of = [&](Pid pid) {
      return *ParseUrl(urls[static_cast<size_t>(pid) - 1]);
    };
    EngineOptions options;
    options.link.self = life.pid;
    options.link.self_url = url_of(life.pid).ToString();
    options.link.link_budget_bytes = kQueueBytes;
    options.link.inbox_budget_bytes = kInboxBytes;
    options.link.max_envelope_bytes = 10000;
    options.link.fifo = false;
    options.peers.push_back({peer_, url_of(peer_)});
    options.life = {static_cast<uint64_t>(absl::ToUnixMicros(absl::Now())),
                    faults.seed};
    options.seed = faults.seed;
    TransportSpec spec;
    spec.url = url_of(life.pid);
    spec.self = life.pid;
    auto transport =
        GatedTransports(FaultyTransports(BuiltinTransports(), faults), gate_)
            .Open(spec);
    if (!transport.ok()) {
      status_ = transport.status();
      return;
    }
    pump_ = std::make_unique<Pump>(*std::move(transport), options);
    status_ = pump_->Connect();
    status_.Update(pump_->Start());
  }
  // As kill -9: without a farewell.
  ~Node() {
    gate_->Cut();
    if (pump_ == nullptr) return;
    const PeerStats stats = Stats();
    history_.SetAccount(life_, peer_,
                        {stats.ledger().accepted(), stats.ledger().taken()});
  }

  const absl::Status& status() const { return status_; }

  void Send() {
    const uint64_t id = history_.NextId();
    const std::string msg(kMsgBytes, static_cast<char>('a' + id % 26));
    const auto receipt =
        pump_->Send(peer_, MakeOutgoing(msg, id, /*broadcast=*/false),
                    absl::ZeroDuration());
    sent_.Sent(peer_, id, msg, receipt.ok() ? 1 : 0);
  }

  void TakeFor(absl::Duration timeout) {
    pump_
        ->Receive(timeout, /*limit=*/1000,
                  [&](Delivery got) {
                    took_.Took(got.from, got.to, got.id, got.msg,
                               got.incarnation);
                  })
        .status()
        .IgnoreError();
  }

  PeerStats Stats() { return pump_->GetStats().peers(0); }

 private:
  const ServerLife life_;
  const Pid peer_;
  const std::shared_ptr<Gate> gate_;
  History& history_;
  SenderLog& sent_;
  ReceiverLog& took_;
  absl::Status status_;
  std::unique_ptr<Pump> pump_;
};

class Attempt {
 public:
  explicit Attempt(uint64_t seed) {
    faults_.seed = seed;
    faults_.loss = 0.1;
    faults_.duplication = 0.1;
    faults_.delay = 0.2;
  }

  absl::Status Run() {
    auto addresses = LocalAddresses::Pick("tcp", 2);
    if (!addresses.ok()) return addresses.status();
    urls_ = addresses->urls();
    if (absl::Status status = Start(&one_, {1, 1}); !status.ok()) return status;
    if (absl::Status status = Start(&two_, {2, 1}); !status.ok()) return status;
    if (absl::Status status = Flood(); !status.ok()) return status;
    two_.reset();
    if (absl::Status status = Start(&two_, {2, 2}); !status.ok()) return status;
    for (int burst = 0; burst < kBursts; ++burst) {
      for (int i = 0; i < 3; ++i) {
        one_->Send();
        two_->Send();
      }
      if (absl::Status status = Rest(); !status.ok()) return status;
    }
    one_.reset();
    two_.reset();
    std::ostringstream text;
    const Verdict verdict = history_.Judge();
    text << verdict;
    return verdict.ok() ? absl::OkStatus() : absl::InternalError(text.str());
  }

 private:
  absl::Status Start(std::unique_ptr<Node>* node, ServerLife life) {
    *node = std::make_unique<Node>(life, urls_, faults_, &history_);
    return (*node)->status();
  }

  // Server 2 takes nothing of what 1 sends, until nothing more can come.
  absl::Status Flood() {
    for (int i = 0; i < kFlood; ++i) one_->Send();
    uint64_t most = 0;
    const bool full = Eventually(
        [&] {
          most = two_->Stats().inbox_bytes();
          return most > kInboxBytes - 2 * kMsgBytes &&
                 one_->Stats().state() == PeerStats::SLOW;
        },
        kSoon);
    if (most > kInboxBytes) {
      return absl::InternalError(
          absl::StrCat("the inbox is beyond its window: ", most, " bytes"));
    }
    return full ? absl::OkStatus()
                : absl::DeadlineExceededError("the inbox does not get full");
  }

  absl::Status Rest() {
    const bool rests = Eventually(
        [&] {
          one_->TakeFor(absl::ZeroDuration());
          two_->TakeFor(absl::ZeroDuration());
          return one_->Stats().ledger().in_flight() == 0 &&
                 two_->Stats().ledger().in_flight() == 0;
        },
        kSoon);
    if (rests) return absl::OkStatus();
    return absl::InternalError(absl::StrCat(
        "it does not come to rest: ", one_->Stats().ShortDebugString(), " and ",
        two_->Stats().ShortDebugString()));
  }

  Faults faults_;
  History history_;
  std::vector<std::string> urls_;
  std::unique_ptr<Node> one_;
  std::unique_ptr<Node> two_;
};

}  // namespace

Trial TryOnWires(absl::string_view mutant, uint64_t attempts) {
  const ScopedMutant scoped(mutant);
  Trial trial;
  while (!trial.found && trial.seed < attempts) {
    const absl::Status status = Attempt(++trial.seed).Run();
    // Anything else, such as an address in use, is no finding.
    trial.found = absl::IsInternal(status);
    trial.why = std::string(status.message());
  }
  return trial;
}

}  // namespace raft_cluster::internal
