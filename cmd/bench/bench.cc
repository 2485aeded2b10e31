// How fast servers send to one another here, alone or in comparison with bare
// ZeroMQ and bare sockets:
//
//   bazel run -c opt //cmd:bench
//   bazel run -c opt //cmd:bench -- --mode=mesh --baseline=zmq
//   bazel run -c opt //cmd:bench -- --mode=pingpong --one_core --format=json
//   bazel run -c opt //cmd:bench -- --plot=mesh.svg --mode=mesh --grow=2,8
//   bazel run -c opt //cmd:bench -- --transport=tcp,ipc --baseline=zmq,socket
//
// On sockets each server is a process; they listen on free ports of 127.0.0.1.
// Where there are several contenders, they take turns, as the machine's own
// speed changes from one second to the next: trust the ratios, not the figures.
//
// stdout: a table, or JSON. stderr: what happens now.
// Ends with 0, 1 if something failed or SIGINT or SIGTERM came, 2 if the
// command line is wrong.
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "raft/base/plot/plot.h"
#include "raft/cmd/bench/plan.h"
#include "raft/cmd/bench/plots.h"
#include "raft/cmd/bench/report.h"
#include "raft/cmd/bench/runner.h"
#include "raft/cmd/bench/ticks.h"
#include "raft/cmd/find_config.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/cmd/stream.h"

namespace raft_cluster::internal {
namespace {

constexpr char kUsageText[] = "Usage: bench [flags]\n";

Help HelpText() {
  Help help;
  help.name = "bench";
  help.usage = kUsageText;
  help.about =
      "Measures how fast servers send to one another on this machine, alone or "
      "in\ncomparison with bare ZeroMQ and bare sockets. The figures go to "
      "stdout, what\nhappens now to stderr.\n";
  help.sections = {{"Signals", {{"SIGINT, SIGTERM", "end it at once"}}},
                   {"Exit codes",
                    {{"0", "all was measured"},
                     {"1", "something failed, or a signal came"},
                     {"2", "the command line is wrong"}}}};
  return help;
}

// What happens now: on a terminal a line that is written anew again and again,
// elsewhere a line for each beginning.
class LiveLine {
 public:
  ~LiveLine() {
    if (terminal_) Show("");
  }
  void Begin(absl::string_view text) {
    if (terminal_) return Show(text);
    Say(absl::StripSuffix(text, ": "));
  }
  // Where the terminal is stopped, there is nobody to see it.
  void Show(absl::string_view text) {
    if (terminal_) err_.WriteSome(absl::StrCat("\r", text, "\x1b[K"));
  }

 private:
  Stream err_{STDERR_FILENO, O_WRONLY};
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
};

absl::StatusOr<Samples> MeasureAll(const Plan& plan, Plots& plots) {
  static const int64_t start = Ticks();
  LiveLine line;
  Samples samples(plan.contenders.size());
  for (int round = 1; round <= plan.rounds; ++round) {
    for (size_t turn = 0; turn < samples.size(); ++turn) {
      // Each goes first in its turn.
      const size_t who = (turn + static_cast<size_t>(round)) % samples.size();
      const std::string what =
          absl::StrCat("round ", round, " of ", plan.rounds, ", ",
                       plan.contenders[who].name, ": ");
      line.Begin(what);
      plots.BeginRound(who);
      auto sample = Measure(plan, plan.contenders[who], [&](double rate) {
        line.Show(absl::StrCat(what, ShowNumber(rate, 0), " messages/s"));
        plots.AddRate(who, static_cast<double>(Ticks() - start) / 1e9, rate);
      });
      if (!sample.ok()) return sample.status();
      samples[who].push_back(*std::move(sample));
    }
  }
  return samples;
}

// Adds to the picture what is known at the end only, and measures --grow.
absl::Status Complete(const Plan& plan, const Samples& samples, Plots& plots) {
  plots.AddSamples(samples);
  plots.AddGrowth(plan.servers, samples);
  // What the rate of other numbers does over time is no part of the picture.
  Plots others(plan);
  for (const int servers : plan.grow) {
    Plan larger = plan;
    larger.servers = servers;
    const absl::StatusOr<Samples> grown = MeasureAll(larger, others);
    if (!grown.ok()) return grown.status();
    plots.AddGrowth(servers, *grown);
  }
  return absl::OkStatus();
}

ExitCode Main(int argc, char* argv[]) {
  PrepareProcess();
  std::vector<std::string> rest;
  if (const auto code =
          ReadCommandLine(argc, argv, HelpText(), /*max_rest=*/0, rest)) {
    return *code;
  }
  const absl::StatusOr<Plan> plan = MakePlan();
  if (!plan.ok()) return SayUsage(plan.status().message(), kUsageText);
#ifndef NDEBUG
  Say("Not an optimized build: bazel run -c opt //cmd:bench is faster.");
#endif
  Say(absl::StrCat(plan->Describe(), ", on this machine."));
  const bool draws = !plan->plot.empty();
  Plots plots(*plan);
  KeepSignals();
  const absl::StatusOr<Samples> samples = MeasureAll(*plan, plots);
  absl::Status status = samples.status();
  if (status.ok() && draws) status = Complete(*plan, *samples, plots);
  ReleaseSignals();  // What is left is to write, which may block.
  if (status.ok() && draws) {
    status = WritePlots(ConfigPath(plan->plot, UserFolder(), /*shipped=*/""),
                        plots.Make());
  }
  if (!status.ok()) {
    Say(status.message());
    return kFailed;
  }
  return Print(plan->json ? ShowJson(*plan, *samples)
                          : ShowTable(*plan, *samples));
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
