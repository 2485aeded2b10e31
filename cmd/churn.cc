#include "raft/cmd/churn.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "raft/base/thread.h"

namespace raft_cluster::internal {
namespace {

constexpr int kFewest = 3;

// Each server says something to each other so often.
constexpr absl::Duration kTick = absl::Milliseconds(5);

// Between two changes.
constexpr absl::Duration kTalk = absl::Milliseconds(150);

// What takes longer than this on one machine has failed.
constexpr absl::Duration kWorkPatience = absl::Seconds(10);

// Others may take a port between the time when it is found and its use.
constexpr int kPortsTried = 10;

// 0: the system has none.
int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  socklen_t size = sizeof(address);
  auto* const bound = reinterpret_cast<sockaddr*>(&address);
  const bool found =
      bind(fd, bound, size) == 0 && getsockname(fd, bound, &size) == 0;
  close(fd);
  return found ? ntohs(address.sin_port) : 0;
}

// Another address at the same host, or of the same kind.
std::string Elsewhere(const std::string& home, int number) {
  if (absl::StartsWithIgnoreCase(home, "loopback:") ||
      absl::StartsWithIgnoreCase(home, "ipc:")) {
    return absl::StrCat(home, "-", number);
  }
  return absl::StrCat(home.substr(0, home.rfind(':') + 1), FreePort());
}

}  // namespace

struct Churn::Life {
  int number = 0;
  Pid pid = 0;
  std::unique_ptr<Server> server;
  uint64_t said = 0;
  std::map<int, uint64_t> heard;       // The last, by the number of the life.
  std::map<Pid, Ledger> last_ledgers;  // Of peers that were taken out.
};

Churn::Churn(Setup setup) : setup_(std::move(setup)), random_(setup_.seed) {
  for (const Config::Member& member : setup_.config.object().servers()) {
    members_[member.mypid()] = member;
    homes_[member.mypid()] = member.url();
  }
}

Churn::~Churn() {
  for (const auto& [pid, life] : lives_) setup_.show(pid, nullptr);
}

absl::StatusOr<std::unique_ptr<Churn>> Churn::Start(Setup setup) {
  if (setup.config.object().servers_size() < kFewest) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--churn wants a config of ", kFewest, " servers or more"));
  }
  std::unique_ptr<Churn> churn(new Churn(std::move(setup)));
  absl::Status started = churn->StartAll();
  if (!started.ok()) return started;
  return churn;
}

absl::Status Churn::StartAll() {
  for (const auto& [pid, member] : members_) {
    lives_[pid] = nullptr;  // So that each knows all from the start.
  }
  for (const auto& [pid, member] : members_) {
    absl::Status started = StartOne(pid);
    if (!started.ok()) return started;
  }
  Talk(kTalk);
  return absl::OkStatus();
}

Config Churn::ConfigNow() const {
  Config config = setup_.config;
  auto& cluster = *config.mutable_object();
  cluster.clear_servers();
  for (const auto& [pid, life] : lives_) {
    *cluster.add_servers() = members_.at(pid);
  }
  cluster.set_total(cluster.servers_size());
  return config;
}

absl::Status Churn::StartOne(Pid pid) {
  Options options = options_;
  if (!setup_.key_folder.empty()) {
    options.key_file = absl::StrCat(setup_.key_folder, "/", pid, ".key");
  }
  auto server = Server::Start(ConfigNow(), pid, options);
  if (!server.ok()) return server.status();
  auto life = std::make_unique<Life>();
  life->number = ++lives_begun_;
  life->pid = pid;
  life->server = *std::move(server);
  setup_.show(pid, life->server.get());
  lives_[pid] = std::move(life);
  return absl::OkStatus();
}

// All but those that have just started have another configuration.
absl::Status Churn::RollOut() {
  const Config config = ConfigNow();
  for (const auto& [pid, life] : lives_) {
    ReloadReport report;
    absl::Status status = life->server->Reload(config, &report);
    if (!status.ok()) return status;
    if (report.NothingChanged()) continue;
    std::cout << "  server " << pid << ": " << report.ToString() << std::endl;
  }
  return absl::OkStatus();
}

Pid Churn::PickOne(const std::vector<Pid>& pids) {
  return pids[random_() % pids.size()];
}

absl::Status Churn::Change() {
  std::vector<Pid> here, away, movable;
  for (const auto& [pid, member] : members_) {
    (lives_.count(pid) > 0 ? here : away).push_back(pid);
    // Where it listens is not for this to know.
    if (lives_.count(pid) > 0 && member.listen().empty()) {
      movable.push_back(pid);
    }
  }
  const uint64_t what = random_() % 4;
  absl::Status status;
  if (!away.empty() && (what == 0 || here.size() < kFewest)) {
    status = Come(PickOne(away));
  } else if (!movable.empty() && (what == 1 || here.size() < kFewest)) {
    status = Move(PickOne(movable));
  } else {
    status = Go(PickOne(here), /*in_order=*/what == 2);
  }
  if (status.ok()) Talk(kTalk);
  return status;
}

absl::Status Churn::Come(Pid pid) {
  std::cout << "Server " << pid << " comes." << std::endl;
  lives_[pid] = nullptr;
  absl::Status status = StartOne(pid);
  return status.ok() ? RollOut() : status;
}

absl::Status Churn::Go(Pid pid, bool in_order) {
  if (in_order) {
    std::cout << "Server " << pid << " goes: it closes, then it is taken out."
              << std::endl;
    End(pid);
    return RollOut();
  }
  std::cout << "Server " << pid << " is taken out, then it closes."
            << std::endl;
  std::unique_ptr<Life> life = std::move(lives_[pid]);
  lives_.erase(pid);
  absl::Status status = RollOut();
  lives_[pid] = std::move(life);
  End(pid);
  return status;
}

absl::Status Churn::Move(Pid pid) {
  End(pid);
  lives_[pid] = nullptr;
  absl::Status status;
  for (int attempt = 0; attempt < kPortsTried; ++attempt) {
    members_[pid].set_url(Elsewhere(homes_[pid], ++moves_));
    status = StartOne(pid);
    if (!absl::IsUnavailable(status)) break;
  }
  if (!status.ok()) return status;
  std::cout << "Server " << pid << " moves to " << members_[pid].url() << "."
            << std::endl;
  return RollOut();
}

// The others talk meanwhile, and take what it still has to send.
void Churn::End(Pid pid) {
  const std::unique_ptr<Life> life = std::move(lives_[pid]);
  lives_.erase(pid);
  setup_.show(pid, nullptr);
  std::atomic<bool> closed{false};
  Thread closing;
  const absl::Status started = StartThread(
      [&] {
        life->server->Close(absl::Seconds(1)).IgnoreError();
        closed = true;
      },
      &closing);
  while (started.ok() && !closed) {
    Talk(kTick);
    Take(*life);
  }
  if (closing.joinable()) closing.join();
  if (!started.ok()) life->server->Close(absl::ZeroDuration()).IgnoreError();
  Take(*life);
  Settle(*life);
}

void Churn::Talk(absl::Duration duration) {
  const absl::Time end = absl::Now() + duration;
  do {
    for (const auto& [pid, life] : lives_) {
      if (life == nullptr) continue;
      if (!stopped_) Send(*life);
      Take(*life);
    }
  } while (!setup_.pause(kTick) && absl::Now() < end);
}

void Churn::Send(Life& life) {
  ++life.said;
  for (const Pid peer : life.server->peers()) {
    const auto receipt = life.server->outbox().TrySend(
        peer, absl::StrCat(life.number, " ", life.said));
    if (receipt.ok()) {
      accounts_[{life.number, peer}].sent.push_back(life.said);
    }
  }
}

void Churn::Take(Life& life) {
  for (;;) {
    const auto received = life.server->inbox().TryReceive();
    if (!received.ok()) break;
    const std::vector<std::string> words =
        absl::StrSplit(std::string(received->msg()), ' ');
    int sender = 0;
    uint64_t said = 0;
    const bool read = words.size() == 2 &&
                      absl::SimpleAtoi(words[0], &sender) &&
                      absl::SimpleAtoi(words[1], &said);
    uint64_t& last = life.heard[sender];
    if (!read || said <= last) ++out_of_order_;
    last = std::max(last, said);
    accounts_[{sender, life.pid}].came.push_back(said);
  }
  for (;;) {
    const auto event = life.server->TryNextEvent();
    if (!event.ok()) return;
    if (event->kind() == Event::PEER_REMOVED) {
      life.last_ledgers[event->peer()] = event->ledger();
    }
  }
}

// What its accounts say once it is closed. One of a peer that was taken out,
// and is not back, was told when it was.
void Churn::Settle(const Life& life) {
  std::map<Pid, Ledger> ledgers = life.last_ledgers;
  const Stats stats = life.server->stats();
  for (const PeerStats& peer : stats.peers()) {
    ledgers[peer.pid()] = peer.ledger();
  }
  for (auto& [key, account] : accounts_) {
    if (key.first == life.number) account.ledger = ledgers[key.second];
  }
}

bool Churn::IsUnderWay() const {
  return std::any_of(lives_.begin(), lives_.end(), [](const auto& each) {
    const Stats stats = each.second->server->stats();
    return std::any_of(
        stats.peers().begin(), stats.peers().end(),
        [](const PeerStats& peer) { return peer.ledger().in_flight() > 0; });
  });
}

absl::Status Churn::Finish() {
  stopped_ = true;
  const absl::Time end = absl::Now() + kWorkPatience;
  while (IsUnderWay() && absl::Now() < end) Talk(kTick);
  while (!lives_.empty()) End(lives_.begin()->first);

  uint64_t sent = 0, taken = 0, counted = 0, unknown = 0, wrong = 0;
  for (auto& [key, account] : accounts_) {
    const Ledger& ledger = account.ledger;
    std::vector<uint64_t>& came = account.came;
    std::sort(came.begin(), came.end());
    came.erase(std::unique(came.begin(), came.end()), came.end());
    const uint64_t lost = ledger.voided() + ledger.abandoned();
    sent += account.sent.size();
    taken += ledger.taken();
    counted += lost;
    if (account.sent.size() > came.size() + lost) {
      unknown += account.sent.size() - came.size() - lost;
    }
    if (ledger.accepted() != account.sent.size() ||
        ledger.accepted() != ledger.taken() + lost ||
        ledger.taken() > came.size()) {
      ++wrong;
    }
  }
  std::cout << "\n"
            << sent << " envelopes in " << lives_begun_ << " lives of "
            << members_.size() << " servers: " << taken << " taken, " << counted
            << " voided or abandoned, and counted as such." << std::endl;
  if (unknown + wrong + out_of_order_ > 0) {
    return absl::DataLossError(absl::StrCat(
        unknown, " were lost and not counted, ", out_of_order_,
        " came twice or out of order, ", wrong, " accounts are wrong"));
  }
  std::cout << "None was lost that was not counted; none came twice."
            << std::endl;
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
