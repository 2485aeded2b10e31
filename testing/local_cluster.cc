#include "raft/testing/local_cluster.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdlib>
#include <iostream>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "raft/base/thread.h"
#include "raft/cluster/server_access.h"
#include "raft/testing/gate.h"
#include "raft/testing/ledger.h"

namespace raft_cluster {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(1);

bool SameLife(const Incarnation& a, const Incarnation& b) {
  return a.start_us() == b.start_us() && a.random() == b.random();
}

bool Live(const PeerStats& peer) {
  return peer.state() == PeerStats::UP || peer.state() == PeerStats::SLOW;
}

// Asks until nothing is missing.
absl::Status WaitUntil(absl::string_view what, absl::Duration timeout,
                       const std::function<std::string()>& missing) {
  const auto deadline =
      std::chrono::steady_clock::now() + absl::ToChronoMicroseconds(timeout);
  while (true) {
    const std::string still_missing = missing();
    if (still_missing.empty()) return absl::OkStatus();
    if (std::chrono::steady_clock::now() > deadline) {
      return absl::DeadlineExceededError(absl::StrCat(
          what, " after ", absl::FormatDuration(timeout), ": ", still_missing));
    }
    absl::SleepFor(kPollInterval);
  }
}

}  // namespace

LocalCluster::LocalCluster(int servers, absl::string_view scheme)
    : LocalCluster(servers, scheme, Setup()) {}

LocalCluster::LocalCluster(int servers, absl::string_view scheme, Setup setup)
    : setup_(std::move(setup)) {
  std::vector<std::string> urls = setup_.urls;
  if (urls.empty()) {
    absl::StatusOr<LocalAddresses> addresses =
        LocalAddresses::Pick(scheme, servers);
    status_ = addresses.status();
    if (!status_.ok()) return;
    addresses_ = std::make_unique<LocalAddresses>(*std::move(addresses));
    urls = addresses_->urls();
  }
  if (static_cast<int>(urls.size()) < servers) {
    status_ = absl::InvalidArgumentError(absl::StrCat(
        "Setup::urls has ", urls.size(), " urls for ", servers, " servers"));
    return;
  }
  Config::Cluster& cluster = *config_.mutable_object();
  cluster.set_total(servers);
  cluster.set_cluster(setup_.name);
  for (Pid pid = 1; pid <= servers; ++pid) {
    Config::Member& member = *cluster.add_servers();
    member.set_mypid(pid);
    member.set_url(urls[static_cast<size_t>(pid - 1)]);
    servers_[pid];
  }
  for (Pid pid = 1; pid <= servers; ++pid) {
    if (setup_.late.count(pid) == 0) status_.Update(Start(pid));
  }
}

LocalCluster::~LocalCluster() {
  for (auto& entry : servers_) {
    if (entry.second.gate != nullptr) entry.second.gate->Cut();
    if (entry.second.server != nullptr) entry.second.server->Interrupt();
  }
  for (auto& entry : servers_) {
    if (entry.second.server != nullptr) SeeOff(&entry.second);
  }
}

Server* LocalCluster::server(Pid pid) const {
  const auto found = servers_.find(pid);
  return found == servers_.end() ? nullptr : found->second.server.get();
}

Server& LocalCluster::operator[](Pid pid) const {
  Server* running = server(pid);
  if (running == nullptr) {
    std::cerr << "LocalCluster: server " << pid << " does not run: " << status_
              << std::endl;
    std::abort();
  }
  return *running;
}

std::vector<Pid> LocalCluster::running() const {
  std::vector<Pid> pids;
  for (const auto& entry : servers_) {
    if (entry.second.server != nullptr) pids.push_back(entry.first);
  }
  return pids;
}

int LocalCluster::lives(Pid pid) const {
  const auto ended = ended_.find(pid);
  return (ended == ended_.end() ? 0 : ended->second.size()) +
         (server(pid) == nullptr ? 0 : 1);
}

absl::Status LocalCluster::CheckRuns(Pid pid) const {
  if (!status_.ok()) return status_;
  if (server(pid) != nullptr) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("server ", pid, " does not run"));
}

absl::Status LocalCluster::Start(Pid pid) {
  if (!status_.ok()) return status_;
  const auto found = servers_.find(pid);
  if (found == servers_.end()) {
    return absl::NotFoundError(absl::StrCat("there is no server ", pid));
  }
  if (found->second.server != nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("server ", pid, " runs already"));
  }
  const absl::StatusOr<Config> config = setup_.config_of(pid, config_);
  if (!config.ok()) return config.status();
  auto gate = std::make_shared<internal::Gate>();
  Options options = setup_.options(pid);
  options.transports = internal::GatedTransports(setup_.transports, gate);
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(*config, pid, options);
  if (!server.ok()) return server.status();
  found->second.gate = std::move(gate);
  found->second.server = *std::move(server);
  return absl::OkStatus();
}

absl::Status LocalCluster::RunHandler(Pid pid, Handler& handler) {
  const absl::Status status = CheckRuns(pid);
  if (!status.ok()) return status;
  Running& life = servers_[pid];
  if (life.handler.joinable()) {
    return absl::FailedPreconditionError(
        absl::StrCat("server ", pid, " has had a handler already"));
  }
  return internal::StartThread(
      [server = life.server.get(), &handler] {
        Run(*server, handler).IgnoreError();
      },
      &life.handler);
}

absl::Status LocalCluster::Stop(Pid pid, absl::Duration timeout) {
  absl::Status status = CheckRuns(pid);
  if (!status.ok()) return status;
  status = server(pid)->Close(timeout);
  Bury(pid);
  return status;
}

absl::Status LocalCluster::Crash(Pid pid) {
  const absl::Status status = CheckRuns(pid);
  if (!status.ok()) return status;
  servers_[pid].gate->Cut();
  // Before anything is closed: nobody is to take this for a farewell.
  server(pid)->Interrupt();
  // A Close() that reaches nobody: its answer says what everybody knows.
  server(pid)->Close(absl::ZeroDuration()).IgnoreError();
  Bury(pid);
  return absl::OkStatus();
}

absl::Status LocalCluster::Restart(Pid pid) {
  const absl::Status status = Crash(pid);
  return status.ok() ? Start(pid) : status;
}

// A thread that is inside has to be out before what it uses goes. One that is
// between two calls cannot be seen, and so the server stays, closed.
void LocalCluster::Bury(Pid pid) {
  Running& life = servers_[pid];
  SeeOff(&life);
  ended_[pid].push_back(life.server->stats());
  internal::ServerAccess::pump(*life.server).DropInbox();
  graves_.push_back(std::move(life.server));
  life = Running();
}

void LocalCluster::SeeOff(Running* life) {
  life->server->Interrupt();
  internal::ServerAccess::pump(*life->server).SeeOff();
  if (life->handler.joinable()) life->handler.join();
}

absl::Status LocalCluster::Pause(Pid pid) {
  const absl::Status status = CheckRuns(pid);
  if (status.ok()) servers_[pid].gate->Hold();
  return status;
}

absl::Status LocalCluster::Resume(Pid pid) {
  const absl::Status status = CheckRuns(pid);
  if (status.ok()) servers_[pid].gate->Open();
  return status;
}

absl::Status LocalCluster::WaitUntilUp(absl::Duration timeout) const {
  if (!status_.ok()) return status_;
  return WaitUntil("not all servers are up", timeout, [this] {
    std::map<Pid, Stats> all;
    for (Pid pid : running()) all[pid] = server(pid)->stats();
    std::vector<std::string> missing;
    for (const auto& stats : all) {
      for (const PeerStats& peer : stats.second.peers()) {
        const auto other = all.find(peer.pid());
        if (other == all.end()) continue;
        const bool up = Live(peer) && SameLife(peer.incarnation(),
                                               other->second.incarnation());
        if (up) continue;
        missing.push_back(absl::StrCat(stats.first, " sees ", peer.pid(),
                                       " as ",
                                       PeerStats::State_Name(peer.state())));
      }
    }
    return absl::StrJoin(missing, ", ");
  });
}

absl::Status LocalCluster::WaitUntilTaken(absl::Duration timeout) const {
  if (!status_.ok()) return status_;
  return WaitUntil("not everything was taken", timeout, [this] {
    std::vector<std::string> missing;
    for (Pid pid : running()) {
      const Stats stats = server(pid)->stats();
      for (const PeerStats& peer : stats.peers()) {
        const uint64_t in_flight = peer.ledger().in_flight();
        if (in_flight == 0 || server(peer.pid()) == nullptr) continue;
        missing.push_back(
            absl::StrCat(in_flight, " from ", pid, " to ", peer.pid()));
      }
    }
    return absl::StrJoin(missing, ", ");
  });
}

absl::Status LocalCluster::CheckLedgers() const {
  if (!status_.ok()) return status_;
  absl::Status status;
  for (Pid pid : running())
    status.Update(internal::CheckLedgers((*this)[pid].stats()));
  for (const auto& lives : ended_) {
    for (const Stats& stats : lives.second) {
      status.Update(internal::CheckLedgers(stats));
      for (const PeerStats& peer : stats.peers()) {
        if (peer.ledger().in_flight() == 0) continue;
        status.Update(absl::InternalError(absl::StrCat(
            "server ", lives.first,
            " has ended with envelopes in flight: ", peer.ShortDebugString())));
      }
    }
  }
  return status;
}

Stats LocalCluster::LastStats(Pid pid, int life) const {
  const auto ended = ended_.find(pid);
  if (ended != ended_.end() && life <= static_cast<int>(ended->second.size())) {
    return ended->second[life - 1];
  }
  return (*this)[pid].stats();
}

}  // namespace raft_cluster
