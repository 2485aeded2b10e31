// One server of a cluster, between its terminal and its peers.
//
//   bazel run //cmd:server -- --pid=2
//
// stdout: a line "1 -> 2: hello there" per envelope received. stderr: all else.
// SIGHUP makes it read its config again, as /reload does, and --watch_config
// whenever that changes.
// SIGUSR1 makes it print its account, as /stats --raw does; SIGUSR2 makes it
// write the last 4,096 events and states to --recording.
// Ends with 0 when it is told to (SIGINT, SIGTERM, /quit) or --idle_timeout has
// passed, 3 if envelopes were left then, 1 if it failed, 2 if the command line
// or the config is wrong.
#include "raft/cluster/server.h"

#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "raft/cmd/config_watch.h"
#include "raft/cmd/console.h"
#include "raft/cmd/find_config.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/cmd/reloader.h"
#include "raft/cmd/session.h"
#include "raft/cmd/status_port.h"

ABSL_FLAG(int32_t, pid, 0, "which server of the config this is; required");
ABSL_FLAG(std::string, config, raft_cluster::internal::kDefaultConfig,
          "the cluster's servers; looked for where you are, then where the "
          "program is");
ABSL_FLAG(bool, watch_config, false,
          "follow the config: read it again whenever it changes");
ABSL_FLAG(std::string, key_file, "",
          "this server's secret key, as keygen writes it; needed if the config "
          "lists keys, or with --tls_ca");
ABSL_FLAG(std::string, tls_ca, "",
          "for tls:// urls, a file with the certificates of the CAs that are "
          "believed, in PEM; \"\": only the keys that the config lists are");
ABSL_FLAG(std::string, message, "hello there",
          "what to broadcast first; \"\" for nothing");
ABSL_FLAG(absl::Duration, idle_timeout, absl::InfiniteDuration(),
          "end when nothing has come for so long, such as 30s");
ABSL_FLAG(absl::Duration, failure_timeout,
          raft_cluster::Options().failure_timeout,
          "call a peer silent that was not heard for so long");
ABSL_FLAG(absl::Duration, spin, raft_cluster::Options().spin,
          "look for so long, such as 100us, before sleeping: answers come "
          "sooner, and a core is busy meanwhile; not with tcp and ipc");
ABSL_FLAG(uint64_t, total_budget_bytes,
          raft_cluster::Options().total_budget_bytes,
          "hold no more than this of messages, for all peers together");
ABSL_FLAG(std::string, status, "",
          "show how it is doing over HTTP at this address, such as "
          "127.0.0.1:8001; \"\": at the \"status\" of its entry in the config, "
          "if it has one");
ABSL_FLAG(
    std::string, recording, "",
    "where SIGUSR2 writes the last events; \"\": recording-PID.json where "
    "you are");

namespace raft_cluster::internal {
namespace {

constexpr char kUsageText[] = "Usage: server --pid=N [flags]\n";

Help HelpText() {
  Help help;
  help.name = "server";
  help.usage = kUsageText;
  help.about =
      "One server of a cluster. Sends the lines that it reads, and prints what "
      "it\nreceives, \"1 -> 2: hello there\", to stdout and all else to "
      "stderr.\n";
  help.sections = {
      {"What can be typed", TypingHelp()},
      {"Signals",
       {{"SIGINT, SIGTERM", "end it in order, as /quit does"},
        {"SIGHUP",
         "reads the config and the key file again, as /reload does: servers "
         "come, go and move, and keys change"},
        {"SIGUSR1", "the account, as /stats --raw, to stderr"},
        {"SIGUSR2",
         "the last 4,096 events and states, to the file --recording"}}},
      {"Exit codes",
       {{"0", "ended in order: told to, or --idle_timeout has passed"},
        {"1",
         "failed: its address is in use, stdout cannot be written, or a newer "
         "process with its pid has taken over"},
        {"2", "the command line or the config is wrong"},
        {"3",
         "ended in order, but envelopes were left; stderr says for whom"}}}};
  return help;
}

void Introduce(const Server& server, const std::string& config) {
  const Stats stats = server.stats();
  // The url may have a name, which leads to one of several addresses.
  const bool numeric = stats.bound_address().empty() ||
                       absl::EndsWith(stats.url(), stats.bound_address());
  Say(absl::StrCat("server ", stats.pid(), " listens on ", stats.url(),
                   numeric ? "" : absl::StrCat(", ", stats.bound_address()),
                   " (", config, ")"));
  for (const PeerStats& peer : stats.peers()) {
    Say(absl::StrCat("  peer ", peer.pid(), "  ", peer.url()));
  }
}

// The flag's, or the config's.
std::string StatusAddress(const Config& config, Pid pid) {
  std::string address = absl::GetFlag(FLAGS_status);
  for (const Config::Member& member : config.object().servers()) {
    if (address.empty() && member.mypid() == pid) address = member.status();
  }
  return address;
}

std::string RecordingFile(Pid pid, const std::string& folder) {
  const std::string path = absl::GetFlag(FLAGS_recording);
  return ConfigPath(
      path.empty() ? absl::StrCat("recording-", pid, ".json") : path, folder,
      /*shipped=*/"");
}

ExitCode Main(int argc, char* argv[]) {
  PrepareProcess();
  KeepHangUp();
  std::vector<std::string> rest;
  if (const auto code =
          ReadCommandLine(argc, argv, HelpText(), /*max_rest=*/0, rest)) {
    return *code;
  }
  const Pid pid = absl::GetFlag(FLAGS_pid);
  if (pid <= 0)
    return SayUsage("--pid is missing, or not positive", kUsageText);

  const std::string folder = UserFolder();
  const std::string path =
      ConfigPath(absl::GetFlag(FLAGS_config), folder, ShippedConfig(argv[0]));
  ConfigWatch watch(path);
  if (absl::GetFlag(FLAGS_watch_config)) {
    if (const absl::Status followed = watch.Follow(); !followed.ok()) {
      Say(absl::StrCat("--watch_config: ", followed.message()));
      return kUsage;
    }
  }
  const absl::StatusOr<Config> config = LoadConfig(path);
  if (!config.ok()) {
    Say(config.status().message());
    return kUsage;
  }
  const absl::Status checked = CheckServerConfig(*config);
  if (!checked.ok()) {
    Say(absl::StrCat(path, ": ", checked.message()));
    return kUsage;
  }
  Options options;
  options.idle_timeout = absl::GetFlag(FLAGS_idle_timeout);
  options.failure_timeout = absl::GetFlag(FLAGS_failure_timeout);
  options.total_budget_bytes = absl::GetFlag(FLAGS_total_budget_bytes);
  options.spin = absl::GetFlag(FLAGS_spin);
  const std::string key_file = absl::GetFlag(FLAGS_key_file);
  if (!key_file.empty()) {
    options.key_file = ConfigPath(key_file, folder, /*shipped=*/"");
  }
  const std::string tls_ca = absl::GetFlag(FLAGS_tls_ca);
  if (!tls_ca.empty()) {
    options.tls_ca = ConfigPath(tls_ca, folder, /*shipped=*/"");
  }
  SessionOptions session;
  session.message = absl::GetFlag(FLAGS_message);
  session.terminal = isatty(STDIN_FILENO) != 0;
  session.max_line_bytes = options.max_envelope_bytes;
  session.source = {path, ShortPath(path, folder), *config,
                    absl::GetFlag(FLAGS_watch_config) ? &watch : nullptr};
  session.recording_file = RecordingFile(pid, folder);

  KeepSignals();
  std::unique_ptr<StatusServer> status;
  if (const ExitCode code =
          OpenStatusPort(StatusAddress(*config, pid), &status);
      code != kDone) {
    return code;
  }
  const auto server = Server::Start(*config, pid, options);
  if (!server.ok()) return SayStartFailed(server.status());
  if (status != nullptr) status->Show(server->get());
  Introduce(**server, session.source.name);
  const ExitCode code = RunSession(**server, session);
  if (status != nullptr) status->Show(nullptr);
  return code;
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
