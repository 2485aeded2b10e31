// A whole cluster in a terminal, as its servers' status ports tell it: who
// hears whom, what flows, what waits, what has happened.
//
//   bazel run //cmd:top -- http://127.0.0.1:8001 http://127.0.0.1:8002
//   bazel run //cmd:top -- --config=config.json      # "status" of its entries
//   bazel run //cmd:top -- --once --format=json 127.0.0.1:8001
//   bazel run //cmd:top -- --replay=recording.json
//
// Ends with 0 on q, SIGINT or SIGTERM, 1 if stdout cannot be written or, with
// --once, if nobody answers, 2 if the command line, the config or the recording
// is wrong.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "raft/cluster/config.h"
#include "raft/cmd/find_config.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/cmd/top/collector.h"
#include "raft/cmd/top/fetcher.h"
#include "raft/cmd/top/output.h"
#include "raft/cmd/top/replay.h"
#include "raft/cmd/top/screen.h"
#include "raft/cmd/top/terminal.h"

ABSL_FLAG(
    std::string, config, "",
    "ask the servers whose entries have a \"status\"; looked at anew each "
    "time");
ABSL_FLAG(bool, once, false, "print once, after one interval, and end");
ABSL_FLAG(std::string, format, "table", "table or json");
ABSL_FLAG(std::string, replay, "", "show a recording of a server, and end");
ABSL_FLAG(absl::Duration, interval, absl::Seconds(1), "how often to ask");

namespace raft_cluster::internal {
namespace {

constexpr char kUsageText[] = "Usage: top [flags] [STATUS_URL ...]\n";

Help HelpText() {
  Help help;
  help.name = "top";
  help.usage = kUsageText;
  help.about =
      "A whole cluster in a terminal, as its servers' status ports tell it: "
      "who "
      "hears\nwhom, what flows, what waits, what has happened.\n\n"
      "  top 127.0.0.1:8001 127.0.0.1:8002\n"
      "  top --config=config.json\n"
      "  top --once --format=json 127.0.0.1:8001\n"
      "  top --replay=recording.json\n";
  help.sections = {
      {"What can be typed",
       {{"q", "ends it"}, {"any other key", "asks the servers at once"}}},
      {"Signals", {{"SIGINT, SIGTERM", "end it in order, as q does"}}},
      {"Exit codes",
       {{"0", "told to end, or all was shown"},
        {"1", "stdout cannot be written or, with --once, nobody has answered"},
        {"2", "the command line, the config or the recording is wrong"}}}};
  return help;
}

constexpr absl::Duration kMinInterval = absl::Milliseconds(10);

std::string ConfigFile() {
  return ConfigPath(absl::GetFlag(FLAGS_config), UserFolder(), /*shipped=*/"");
}

// From the command line and the config. INVALID_ARGUMENT: there are none.
absl::StatusOr<std::vector<std::string>> StatusUrls(
    const std::vector<std::string>& rest) {
  std::vector<std::string> urls;
  for (const std::string& address : rest) urls.push_back(StatusUrl(address));
  const std::string file = absl::GetFlag(FLAGS_config);
  if (!file.empty()) {
    const absl::StatusOr<Config> config = LoadConfig(ConfigFile());
    if (!config.ok()) return config.status();
    for (const Config::Member& member : config->object().servers()) {
      if (!member.status().empty()) {
        urls.push_back(StatusUrl(member.status()));
      }
    }
    if (urls.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "no entry of \"", file,
          "\" has a status port, such as \"status\": \"127.0.0.1:8001\""));
    }
  }
  if (urls.empty()) {
    return absl::InvalidArgumentError(
        "whom to ask? Give the urls of status ports, or --config");
  }
  return urls;
}

class Top {
 public:
  // `urls` are StatusUrls(rest).
  Top(const std::vector<std::string>& urls,
      const std::vector<std::string>& rest)
      : rest_(rest) {
    Show(urls);
  }

  ExitCode RunOnce() {
    Ask();
    if (!Ended()) {
      Wait(absl::Now() + absl::GetFlag(FLAGS_interval));
      Ask();
    }
    const ClusterStatus status = collector_->Collect();
    ReleaseSignals();  // What is left is to write, which may block.
    const ExitCode written =
        Print(IsJson() ? ToJson(status)
                       : absl::StrJoin(ShowScreen(status, {}), "\n") + "\n");
    const bool answered =
        std::any_of(status.servers().begin(), status.servers().end(),
                    [](const auto& server) { return server.error().empty(); });
    return answered ? written : kFailed;
  }

  // Until it is told to end.
  ExitCode Run() {
    // A stream of JSON is for a program, whoever looks on.
    if (IsJson()) return RunJson();
    Terminal terminal(&output_);
    keys_ = &terminal;
    while (!Ended()) {
      const absl::Time next = absl::Now() + absl::GetFlag(FLAGS_interval);
      Ask();
      ScreenOptions options;
      options.columns = terminal.columns();
      options.rows = terminal.rows();
      options.colours = terminal.has_colours();
      const auto shown =
          terminal.Show(ShowScreen(collector_->Collect(), options));
      if (shown != Output::Outcome::kWritten) return CodeOf(shown);
      Wait(next);
    }
    return kDone;
  }

 private:
  static bool IsJson() { return absl::GetFlag(FLAGS_format) == "json"; }

  static std::string ToJson(const ClusterStatus& status) {
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    (void)google::protobuf::util::MessageToJsonString(status, &json, options);
    return json + "\n";
  }

  static ExitCode CodeOf(Output::Outcome outcome) {
    if (outcome != Output::Outcome::kFailed) return kDone;
    Say(absl::StrCat("stdout cannot be written: ", std::strerror(errno)));
    return kFailed;
  }

  ExitCode RunJson() {
    while (!Ended()) {
      const absl::Time next = absl::Now() + absl::GetFlag(FLAGS_interval);
      Ask();
      const auto written = output_.Write(ToJson(collector_->Collect()));
      if (written != Output::Outcome::kWritten) return CodeOf(written);
      Wait(next);
    }
    return kDone;
  }

  // What wakes it up before its time.
  std::vector<int> Wakers() const {
    std::vector<int> fds = {Signals()};
    if (keys_ != nullptr && keys_->key_fd() >= 0) {
      fds.push_back(keys_->key_fd());
    }
    return fds;
  }

  void Show(const std::vector<std::string>& urls) {
    fetcher_ = std::make_unique<Fetcher>(urls);
    collector_ = std::make_unique<Collector>(urls);
  }

  // Servers come and go with their entries. While the config is wrong or gone,
  // those are asked that it had. What is no plain file might not end.
  void FollowConfig() {
    if (absl::GetFlag(FLAGS_config).empty()) return;
    struct stat info;
    if (stat(ConfigFile().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
      return;
    }
    const auto urls = StatusUrls(rest_);
    if (urls.ok() && *urls != fetcher_->urls()) Show(*urls);
  }

  void Ask() {
    FollowConfig();
    auto answers = fetcher_->Fetch(absl::Seconds(1), Wakers());
    collector_->Add(static_cast<uint64_t>(absl::ToUnixMicros(absl::Now())),
                    answers);
  }

  // Until then, or until it has to end. A key that means nothing shows the next
  // screen at once.
  void Wait(absl::Time until) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) return;
    std::vector<pollfd> fds;
    for (const int fd : Wakers()) fds.push_back({fd, POLLIN, 0});
    poll(fds.data(), fds.size(),
         static_cast<int>(absl::ToInt64Milliseconds(
             absl::Ceil(left, absl::Milliseconds(1)))));
  }

  bool Ended() {
    const char key = keys_ == nullptr ? '\0' : keys_->ReadKey();
    if (key == 'q' || key == 'Q') return true;
    pollfd fds[] = {{Signals(), POLLIN, 0}};
    if (poll(fds, 1, 0) <= 0) return false;
    signalfd_siginfo info;
    return read(Signals(), &info, sizeof(info)) == sizeof(info) &&
           info.ssi_signo != SIGUSR1 && info.ssi_signo != SIGUSR2;
  }

  Output output_{STDOUT_FILENO, [this] { return Wakers(); },
                 [this] { return Ended(); }};
  const std::vector<std::string> rest_;
  std::unique_ptr<Fetcher> fetcher_;
  std::unique_ptr<Collector> collector_;
  Terminal* keys_ = nullptr;
};

ExitCode Replay(const std::string& path) {
  const absl::StatusOr<Recording> recording =
      ReadRecording(ConfigPath(path, UserFolder(), /*shipped=*/""));
  if (!recording.ok()) {
    Say(recording.status().message());
    return kUsage;
  }
  return Print(ShowRecording(*recording));
}

ExitCode Main(int argc, char* argv[]) {
  PrepareProcess();
  std::vector<std::string> rest;
  if (const auto code = ReadCommandLine(
          argc, argv, HelpText(), std::numeric_limits<size_t>::max(), rest)) {
    return *code;
  }
  const std::string format = absl::GetFlag(FLAGS_format);
  if (format != "table" && format != "json") {
    return SayUsage(
        absl::StrCat("--format is table or json, not \"", format, "\""),
        kUsageText);
  }
  if (absl::GetFlag(FLAGS_interval) < kMinInterval) {
    return SayUsage("--interval is 10ms at least", kUsageText);
  }
  const std::string replay = absl::GetFlag(FLAGS_replay);
  if (!replay.empty()) return Replay(replay);
  const absl::StatusOr<std::vector<std::string>> urls = StatusUrls(rest);
  if (!urls.ok()) return SayUsage(urls.status().message(), kUsageText);
  KeepSignals();
  Top top(*urls, rest);
  return absl::GetFlag(FLAGS_once) ? top.RunOnce() : top.Run();
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
