// A whole cluster in one process, for a first look: every server of the config
// broadcasts, every envelope that arrives is shown, and a table says what each
// server has sent and received.
//
//   bazel run //cmd:local_cluster
//   bazel run //cmd:local_cluster -- --transport=loopback    # without sockets
//
//   bazel run //cmd:local_cluster -- --status=127.0.0.1:8001  # to look at it
//
//   bazel run //cmd:local_cluster -- --churn=20   # servers come, go and move
//
// Ends by itself, or with --status when it is told to (SIGINT, SIGTERM): with 0
// if all arrived, 1 if not, a server could not start, or stdout cannot be
// written, 2 if the command line or the config is wrong.
#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/cluster/server.h"
#include "raft/cmd/churn.h"
#include "raft/cmd/console.h"
#include "raft/cmd/find_config.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/cmd/status_port.h"

ABSL_FLAG(std::string, config, raft_cluster::internal::kDefaultConfig,
          "the cluster's servers; looked for where you are, then where the "
          "program is");
ABSL_FLAG(std::string, message, "hello there", "what each server broadcasts");
ABSL_FLAG(
    std::string, key_folder, "",
    "if the config lists keys: where the servers' secret keys are, 1.key, "
    "2.key and so on");
ABSL_FLAG(std::string, transport, "",
          "\"loopback\": in memory, without sockets; \"\": as the config says");
ABSL_FLAG(std::string, status, "",
          "show over HTTP how each server is doing, the first one at this "
          "address, such as 127.0.0.1:8001, the others at the ports that "
          "follow; and go on until Ctrl-C");

ABSL_FLAG(int32_t, churn, 0,
          "change the cluster so many times while all talk: servers come, go "
          "and move, and each is given the new config while it runs");
ABSL_FLAG(uint64_t, seed, 0,
          "of --churn: which changes those are; 0: others each time");

namespace raft_cluster::internal {
namespace {

constexpr char kUsageText[] = "Usage: local_cluster [flags]\n";

Help HelpText() {
  Help help;
  help.name = "local_cluster";
  help.usage = kUsageText;
  help.about =
      "A whole cluster in one process, for a first look: every server "
      "broadcasts, and\nwhat arrives is shown.\n";
  help.sections = {
      {"Exit codes",
       {{"0", "every envelope arrived; with --churn, or was counted as lost"},
        {"1",
         "not so: an address is in use, a server did not come up, or stdout "
         "cannot be written"},
        {"2", "the command line or the config is wrong"}}}};
  return help;
}

// What takes longer than this on one machine has failed.
constexpr absl::Duration kPatience = absl::Seconds(10);

constexpr int kPauseMs = 100;

using Servers = std::vector<std::unique_ptr<Server>>;

void UseLoopback(Config& config) {
  for (Config::Member& member : *config.mutable_object()->mutable_servers()) {
    member.set_url(absl::StrCat("loopback://server-", member.mypid()));
    member.clear_listen();
    member.clear_keys();  // There is nobody else in this process.
  }
}

bool HasKeys(const Config& config) {
  return config.object().servers(0).keys_size() > 0;
}

using StatusPorts = std::vector<std::unique_ptr<StatusServer>>;

// Ports for so many servers; none where `address` is "". The exit code is as of
// OpenStatusPort().
ExitCode OpenStatusPorts(const std::string& address, int count,
                         StatusPorts* ports) {
  const size_t colon = address.rfind(':') + 1;
  int port = 0;
  // What is no number is for OpenStatusPort() to judge. Of port 0, any is good.
  const bool number = absl::SimpleAtoi(address.substr(colon), &port);
  for (int i = 0; i < count && !address.empty(); ++i) {
    const std::string at =
        number && port > 0 ? absl::StrCat(address.substr(0, colon), port + i)
                           : address;
    ports->emplace_back();
    const ExitCode code = OpenStatusPort(at, &ports->back());
    if (code != kDone) return code;
  }
  return kDone;
}

absl::StatusOr<Servers> StartAll(const Config& config,
                                 const std::string& key_folder) {
  Options options;  // One for all: they meet in its loopback network.
  std::vector<Pid> pids;
  for (const Config::Member& member : config.object().servers()) {
    pids.push_back(member.mypid());
  }
  std::sort(pids.begin(), pids.end());
  Servers servers;
  for (const Pid pid : pids) {
    if (!key_folder.empty()) {
      options.key_file = absl::StrCat(key_folder, "/", pid, ".key");
    }
    auto server = Server::Start(config, pid, options);
    if (!server.ok()) return server.status();
    servers.push_back(*std::move(server));
  }
  return servers;
}

// Receives what each of its peers has sent to a server, one envelope, and shows
// it if wanted.
absl::Status ReceiveAll(Server& server, const std::string& message, bool show) {
  std::set<Pid> missing;
  for (const Pid peer : server.peers()) missing.insert(peer);
  while (!missing.empty()) {
    const auto received = server.inbox().Receive(kPatience);
    if (!received.ok()) {
      return absl::Status(
          received.status().code(),
          absl::StrCat("server ", server.pid(), " misses ", missing.size(),
                       " envelopes: ", received.status().message()));
    }
    if (show) {
      std::cout << ShowEnvelope(received->from(), server.pid(), received->msg())
                << std::endl;
    }
    if (received->msg() != message || missing.erase(received->from()) == 0) {
      return absl::DataLossError(
          absl::StrCat("server ", server.pid(), " received what server ",
                       received->from(), " did not send"));
    }
  }
  return absl::OkStatus();
}

// Each server broadcasts once, and receives what the others have broadcast.
absl::Status Exchange(const Servers& servers, const std::string& message,
                      bool show) {
  for (const auto& server : servers) {
    const int peers = static_cast<int>(server->peers().size());
    absl::Status up = server->WaitForPeers(peers, kPatience);
    if (!up.ok()) return up;
  }
  for (const auto& server : servers) {
    if (server->peers().empty()) continue;
    const auto sent = server->outbox().Send(kBroadcast, message, kPatience);
    if (!sent.ok()) return sent.status();
  }
  for (const auto& server : servers) {
    absl::Status status = ReceiveAll(*server, message, show);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Ten times a second, until a signal comes; so there is something to look at.
absl::Status ExchangeUntilSignal(const Servers& servers,
                                 const std::string& message) {
  std::cout << "\nGoing on, ten times a second, until Ctrl-C." << std::endl;
  for (;;) {
    pollfd fds[] = {{Signals(), POLLIN, 0}};
    if (poll(fds, 1, kPauseMs) > 0) return absl::OkStatus();
    absl::Status status = Exchange(servers, message, /*show=*/false);
    if (!status.ok()) return status;
  }
}

// With --churn instead of the exchange. `ports` are in the order of pids.
ExitCode RunChurn(Churn::Setup setup, const StatusPorts& ports, bool stays) {
  std::map<Pid, StatusServer*> port_of;
  for (const Config::Member& member : setup.config.object().servers()) {
    port_of[member.mypid()] = nullptr;
  }
  auto next = ports.begin();
  for (auto& [pid, port] : port_of) {
    if (next != ports.end()) port = (next++)->get();
  }
  setup.show = [&port_of](Pid pid, Server* server) {
    if (port_of[pid] != nullptr) port_of[pid]->Show(server);
  };
  bool told = false;
  setup.pause = [stays, &told](absl::Duration time) {
    pollfd fds[] = {{stays ? Signals() : -1, POLLIN, 0}};
    told = poll(fds, 1, static_cast<int>(absl::ToInt64Milliseconds(time))) > 0;
    return told;
  };
  if (setup.seed == 0) setup.seed = std::random_device()();
  const int changes = absl::GetFlag(FLAGS_churn);
  std::cout << changes << " changes; --seed=" << setup.seed
            << " has them once more.\n"
            << std::endl;
  auto churn = Churn::Start(std::move(setup));
  if (!churn.ok()) return SayStartFailed(churn.status());
  absl::Status status;
  for (int i = 0; i < changes && status.ok() && !told; ++i) {
    status = (*churn)->Change();
  }
  if (status.ok()) status = (*churn)->Finish();
  if (status.ok()) return FinishOutput();
  Say(status.message());
  return kFailed;
}

int CountLive(const Stats& stats) {
  return static_cast<int>(std::count_if(
      stats.peers().begin(), stats.peers().end(), [](const PeerStats& peer) {
        return peer.state() == PeerStats::UP || peer.state() == PeerStats::SLOW;
      }));
}

// Closes the servers and shows the account of each. False if anything that was
// sent is not known to have been taken.
bool Summarize(const Servers& servers) {
  std::vector<int> live;
  size_t width = 0;
  for (const auto& server : servers) {
    live.push_back(CountLive(server->stats()));
    width = std::max(width, server->url().size());
  }
  std::cout << absl::StreamFormat("\n%6s  %-*s  %8s  %4s  %5s  %8s\n", "server",
                                  static_cast<int>(width), "listens on",
                                  "peers up", "sent", "taken", "received");
  bool complete = true;
  for (size_t i = 0; i < servers.size(); ++i) {
    Server& server = *servers[i];
    const absl::Status closed = server.Close(kPatience);
    if (!closed.ok()) Say(closed.message());
    const Stats stats = server.stats();
    uint64_t taken = 0;
    for (const PeerStats& peer : stats.peers()) taken += peer.ledger().taken();
    std::cout << absl::StreamFormat(
        "%6d  %-*s  %8s  %4d  %5d  %8d\n", server.pid(),
        static_cast<int>(width), server.url(),
        absl::StrCat(live[i], " of ", stats.peers_size()), stats.sent(), taken,
        stats.received());
    complete = complete && closed.ok() && taken == stats.sent();
  }
  return complete;
}

// Where the keys are; "" without. INVALID_ARGUMENT: not said, or for nothing.
absl::StatusOr<std::string> KeyFolder(const Config& config,
                                      const std::string& user_folder) {
  const std::string flag = absl::GetFlag(FLAGS_key_folder);
  if (HasKeys(config) && flag.empty()) {
    return absl::InvalidArgumentError(
        "the config lists keys: say with --key_folder where the servers' "
        "secret keys are, 1.key, 2.key and so on, or do without with "
        "--transport=loopback");
  }
  if (!HasKeys(config) || flag.empty()) return std::string();
  return ConfigPath(flag, user_folder, /*shipped=*/"");
}

ExitCode Main(int argc, char* argv[]) {
  PrepareStreams();
  std::vector<std::string> rest;
  if (const auto code =
          ReadCommandLine(argc, argv, HelpText(), /*max_rest=*/0, rest)) {
    return *code;
  }
  const std::string transport = absl::GetFlag(FLAGS_transport);
  if (!transport.empty() && transport != "loopback") {
    return SayUsage(absl::StrCat("--transport is \"loopback\" or \"\", not \"",
                                 transport, "\""),
                    kUsageText);
  }
  // Else Ctrl-C ends it as it ends any program.
  const bool stays = !absl::GetFlag(FLAGS_status).empty();
  if (stays) PrepareProcess();
  const std::string folder = UserFolder();
  const std::string path =
      ConfigPath(absl::GetFlag(FLAGS_config), folder, ShippedConfig(argv[0]));
  absl::StatusOr<Config> config = LoadConfig(path);
  if (!config.ok()) {
    Say(config.status().message());
    return kUsage;
  }
  if (transport == "loopback") UseLoopback(*config);
  const absl::StatusOr<std::string> key_folder = KeyFolder(*config, folder);
  if (!key_folder.ok()) {
    Say(key_folder.status().message());
    return kUsage;
  }
  if (stays) KeepSignals();
  StatusPorts ports;
  const ExitCode opened = OpenStatusPorts(
      absl::GetFlag(FLAGS_status), config->object().servers_size(), &ports);
  if (opened != kDone) return opened;
  if (absl::GetFlag(FLAGS_churn) > 0) {
    Churn::Setup setup;
    setup.config = *std::move(config);
    setup.key_folder = *key_folder;
    setup.seed = absl::GetFlag(FLAGS_seed);
    return RunChurn(std::move(setup), ports, stays);
  }
  const auto servers = StartAll(*config, *key_folder);
  if (!servers.ok()) {
    const ExitCode code = SayStartFailed(servers.status());
    if (absl::IsUnavailable(servers.status())) {
      Say("--transport=loopback needs no addresses.");
    }
    return code;
  }

  for (size_t i = 0; i < ports.size(); ++i) {
    ports[i]->Show((*servers)[i].get());
  }
  const std::string message = absl::GetFlag(FLAGS_message);
  std::cout << servers->size() << " servers (" << ShortPath(path, folder)
            << "), each of which broadcasts \"" << message << "\":\n\n";
  const absl::Time start = absl::Now();
  absl::Status exchanged = Exchange(*servers, message, /*show=*/true);
  const absl::Duration elapsed = absl::Now() - start;
  if (exchanged.ok() && !ports.empty()) {
    exchanged = ExchangeUntilSignal(*servers, message);
  }
  for (const auto& port : ports) port->Show(nullptr);
  const bool complete = Summarize(*servers);
  if (!exchanged.ok()) {
    Say(exchanged.message());
    return kFailed;
  }
  if (!complete) {
    Say("Not all that was sent is known to have been taken.");
    return kFailed;
  }
  const size_t count = servers->size() * (servers->size() - 1);
  std::cout << "\nAll " << count << " envelopes arrived, each once, "
            << absl::StrFormat("%.0f ms after the start.\n",
                               absl::ToDoubleMilliseconds(elapsed));
  return FinishOutput();
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
