// What one server costs that has so many real peers: its processor time while
// all are idle, its memory, how long a broadcast takes in comparison with as
// many single sends, and how long the slowest calls take that send.
//
//   bazel run -c opt //testing/benchmarks:hub -- --peers=10,100,1000
//   bazel run -c opt //testing/benchmarks:hub -- --transport=ipc --peers=100
//
// The peers know the one server and nobody else; there are some hundred in each
// of several processes. The server itself is alone in its own, where all is
// measured. Over tcp it takes some 5 descriptors for each peer, and a peer 20.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/cluster/server.h"
#include "raft/testing/local_addresses.h"
#include "raft/transport/builtin/builtin.h"

ABSL_FLAG(std::vector<std::string>, peers,
          std::vector<std::string>({"10", "100", "1000"}),
          "how many peers the server has, one run for each");
ABSL_FLAG(std::string, transport, "tcp", "the scheme of all urls");
ABSL_FLAG(absl::Duration, idle, absl::Seconds(10),
          "how long it is watched while nothing is sent");

namespace raft_cluster::internal {
namespace {

constexpr int kPeersPerProcess = 250;
// So many that the 5 ms of a look at what was taken count for little.
constexpr int kBroadcasts = 500;
constexpr absl::Duration kPatience = absl::Minutes(5);

Config ConfigOf(const std::vector<std::string>& urls,
                const std::vector<Pid>& pids) {
  Config config;
  for (const Pid pid : pids) {
    Config::Member& member = *config.mutable_object()->add_servers();
    member.set_mypid(pid);
    member.set_url(urls[static_cast<size_t>(pid - 1)]);
  }
  config.mutable_object()->set_total(static_cast<int>(pids.size()));
  return config;
}

// Peers `first` to `last` of server 1, until the process is ended.
[[noreturn]] void RunPeers(const std::vector<std::string>& urls, Pid first,
                           Pid last) {
  std::vector<std::unique_ptr<Server>> servers;
  for (Pid pid = first; pid <= last; ++pid) {
    auto server = Server::Start(ConfigOf(urls, {1, pid}), pid);
    if (!server.ok()) {
      std::cerr << server.status() << std::endl;
      _exit(1);
    }
    servers.push_back(*std::move(server));
  }
  std::vector<Received> taken;
  for (;;) {
    for (const auto& server : servers) {
      taken.clear();
      server->inbox().TryReceiveBatch(100, taken).IgnoreError();
    }
    absl::SleepFor(absl::Milliseconds(2));
  }
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) +
           static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Resident, in KiB.
double Resident() {
  std::ifstream file("/proc/self/statm");
  double total = 0;
  double resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

uint64_t Taken(const Server& server) {
  uint64_t taken = 0;
  const Stats stats = server.stats();
  for (const PeerStats& peer : stats.peers()) taken += peer.ledger().taken();
  return taken;
}

// How long the calls that send take.
class Calls {
 public:
  template <typename Send>
  void Time(Send send) {
    const absl::Time start = absl::Now();
    send();
    lengths_.push_back(absl::Now() - start);
  }

  // "p50 1.2, p99 5.0, max 31.7 us"
  std::string Show() {
    std::sort(lengths_.begin(), lengths_.end());
    const auto quantile = [this](double fraction) {
      return absl::ToDoubleMicroseconds(lengths_[static_cast<size_t>(
          fraction * static_cast<double>(lengths_.size() - 1))]);
    };
    return absl::StrFormat("p50 %.1f, p99 %.1f, max %.1f us", quantile(.5),
                           quantile(.99), quantile(1));
  }

 private:
  std::vector<absl::Duration> lengths_;
};

// Milliseconds until `send` has returned, of the mean, and until all was taken.
template <typename Send>
std::pair<double, double> Time(Server& server, uint64_t envelopes, Send send) {
  const uint64_t before = Taken(server);
  const absl::Time start = absl::Now();
  for (int i = 0; i < kBroadcasts; ++i) send();
  const absl::Time sent = absl::Now();
  while (Taken(server) < before + kBroadcasts * envelopes) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  return {absl::ToDoubleMilliseconds(sent - start) / kBroadcasts,
          absl::ToDoubleMilliseconds(absl::Now() - start) / kBroadcasts};
}

int Measure(int peers) {
  const auto addresses =
      LocalAddresses::Pick(absl::GetFlag(FLAGS_transport), peers + 1);
  if (!addresses.ok()) {
    std::cerr << addresses.status() << std::endl;
    return 1;
  }
  // Before there is any thread here.
  std::vector<pid_t> children;
  for (Pid first = 2; first <= peers + 1; first += kPeersPerProcess) {
    const pid_t child = fork();
    if (child == 0) {
      RunPeers(addresses->urls(), first,
               std::min(peers + 1, first + kPeersPerProcess - 1));
    }
    children.push_back(child);
  }
  int code = 0;
  {
    std::vector<Pid> all;
    for (Pid pid = 1; pid <= peers + 1; ++pid) all.push_back(pid);
    const double before = Resident();
    const auto server = Server::Start(ConfigOf(addresses->urls(), all), 1);
    absl::Status status = server.status();
    const absl::Time start = absl::Now();
    if (status.ok()) status = (*server)->WaitForPeers(peers, kPatience);
    if (!status.ok()) {
      std::cerr << status << std::endl;
      code = 1;
    } else {
      const absl::Duration up = absl::Now() - start;
      absl::SleepFor(absl::Seconds(3));
      const double cpu = CpuSeconds();
      absl::SleepFor(absl::GetFlag(FLAGS_idle));
      const double idle = 100 * (CpuSeconds() - cpu) /
                          absl::ToDoubleSeconds(absl::GetFlag(FLAGS_idle));
      const double memory = (Resident() - before) / peers;
      const std::string msg(64, 'x');
      Outbox& outbox = (*server)->outbox();
      Calls broadcasts;
      Calls sends;
      const auto broadcast = Time(**server, static_cast<uint64_t>(peers), [&] {
        broadcasts.Time(
            [&] { outbox.Send(kBroadcast, msg, kPatience).IgnoreError(); });
      });
      const auto singles = Time(**server, static_cast<uint64_t>(peers), [&] {
        for (Pid pid = 2; pid <= peers + 1; ++pid) {
          sends.Time([&] { outbox.Send(pid, msg, kPatience).IgnoreError(); });
        }
      });
      absl::PrintF(
          "%s, %5d peers: all up after %.1f s; idle %.2f %% of a core, %.0f "
          "KiB a peer; a broadcast of 64 B %.2f ms to send (%s a call), %.2f "
          "ms until taken; %d single sends %.2f (%s a call) and %.2f ms\n",
          absl::GetFlag(FLAGS_transport), peers, absl::ToDoubleSeconds(up),
          idle, memory, broadcast.first, broadcasts.Show(), broadcast.second,
          peers, singles.first, sends.Show(), singles.second);
      std::fflush(stdout);
    }
  }
  for (const pid_t child : children) kill(child, SIGKILL);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  return code;
}

int Main() {
  const std::string transport = absl::GetFlag(FLAGS_transport);
  if (!BuiltinTransports().Knows(transport) || transport == "loopback") {
    std::cerr << "--transport: no carrier between processes is called \""
              << transport << "\"\n";
    return 2;
  }
  for (const std::string& text : absl::GetFlag(FLAGS_peers)) {
    int peers = 0;
    if (!absl::SimpleAtoi(text, &peers) || peers < 1) {
      std::cerr << "--peers: " << text << " is no number of peers\n";
      return 2;
    }
    // In a process of its own: what one leaves must not count for the next.
    const pid_t child = fork();
    if (child == 0) _exit(Measure(peers));
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  absl::ParseCommandLine(argc, argv);
  return raft_cluster::internal::Main();
}
