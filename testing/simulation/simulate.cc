// Runs simulated clusters, seed after seed, on all cores:
//
//   bazel run -c opt //testing:simulate -- --seeds=10000 --first_seed=1
//   bazel run -c opt //testing:simulate -- --seed=42 --trace
//   bazel run -c opt //testing:simulate -- --plot=$PWD/seeds.svg --grow=2,3,8
//
// Exit code 0: no seed failed. 1: the first that did is named, or stdout or
// --plot cannot be written. 2: the command line is wrong.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"
#include "raft/base/plot/plot.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/program.h"
#include "raft/testing/simulation/plots.h"
#include "raft/testing/simulation/simulation.h"

ABSL_FLAG(uint64_t, seeds, 1000, "how many seeds to run");
ABSL_FLAG(uint64_t, first_seed, 1, "the first of them");
ABSL_FLAG(uint64_t, seed, 0, "run this seed alone");
ABSL_FLAG(bool, trace, false, "with --seed: print what happens");
ABSL_FLAG(int, servers, 5, "servers of each cluster");
ABSL_FLAG(int, threads, 0, "0: one per core");
ABSL_FLAG(std::string, plot, "",
          "draw what was measured, in an SVG file of this name");
ABSL_FLAG(std::vector<std::string>, grow, {},
          "with --plot: run the seeds with these numbers of servers, too, such "
          "as 2,3,8");

namespace raft_cluster::internal {
namespace {

constexpr int kSecondsPerLine = 10;

constexpr char kUsageText[] = "Usage: simulate [flags]\n";

Help HelpText() {
  Help help;
  help.name = "simulate";
  help.usage = kUsageText;
  help.about =
      "Simulates clusters in which everything goes wrong, seed after seed, on "
      "all cores.\n\n"
      "  simulate --seeds=10000 --first_seed=1\n"
      "  simulate --seed=42 --trace\n"
      "  simulate --plot=seeds.svg --grow=2,3,8\n";
  help.sections = {{"Exit codes",
                    {{"0", "no seed failed"},
                     {"1",
                      "one did, and the first is named; or stdout or --plot "
                      "cannot be written"},
                     {"2", "the command line is wrong"}}}};
  return help;
}

SimulationOptions MakeOptions(uint64_t seed, int servers) {
  SimulationOptions options;
  options.seed = seed;
  options.servers = servers;
  options.draw_options = true;
  options.twins = true;
  options.weights.reload = 2;
  return options;
}

int RunOne(uint64_t seed) {
  SimulationOptions options = MakeOptions(seed, absl::GetFlag(FLAGS_servers));
  if (absl::GetFlag(FLAGS_trace)) options.trace = &std::cout;
  const SimulationResult result = RunSimulation(options);
  absl::PrintF("seed %d: trace hash %016x, %d accepted, %d taken, %.1f s\n",
               seed, result.trace_hash, result.accepted, result.taken,
               absl::ToDoubleSeconds(result.simulated));
  if (result.status.ok()) return 0;
  std::cout << result.status.message() << std::endl;
  return 1;
}

class Campaign {
 public:
  // Adds what it measures to `plots`.
  Campaign(int servers, SimulationPlots& plots)
      : servers_(servers), plots_(plots) {}

  int Run() {
    const uint64_t first = absl::GetFlag(FLAGS_first_seed);
    end_ = first + absl::GetFlag(FLAGS_seeds);
    next_ = first;
    start_ = absl::Now();
    int threads = absl::GetFlag(FLAGS_threads);
    if (threads <= 0) {
      threads =
          static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    }
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([this] { Work(); });
    }
    for (std::thread& worker : workers) worker.join();
    if (terminal_) std::fputs("\n", stderr);
    MutexLock lock(mu_);
    Print();
    if (failed_.status.ok()) return 0;
    std::cout << "FAILED: " << failed_.status.message() << "\n"
              << "again, with all that happens: --seed=" << failed_seed_
              << " --trace" << std::endl;
    return 1;
  }

 private:
  void Work() {
    for (;;) {
      const uint64_t seed = next_++;
      if (seed >= end_ || stop_) return;
      const SimulationResult result =
          RunSimulation(MakeOptions(seed, servers_));
      MutexLock lock(mu_);
      Add(result);
      plots_.Add(servers_, absl::Now() - start_, result);
      if (!result.status.ok() && (failed_.status.ok() || seed < failed_seed_)) {
        failed_ = result;
        failed_seed_ = seed;
        stop_ = true;
      }
      if (absl::Now() >= next_progress_) {
        next_progress_ =
            absl::Now() + absl::Seconds(terminal_ ? 1 : kSecondsPerLine);
        std::fprintf(
            stderr, "%s%llu seeds, %.1f simulated hours%s",
            terminal_ ? "\r" : "", static_cast<unsigned long long>(seeds_),
            absl::ToDoubleHours(total_.simulated), terminal_ ? " " : "\n");
      }
    }
  }

  void Add(const SimulationResult& result) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    ++seeds_;
    total_.simulated += result.simulated;
    total_.accepted += result.accepted;
    total_.taken += result.taken;
    total_.crashes += result.crashes;
    total_.pauses += result.pauses;
    total_.twins += result.twins;
    total_.leaves += result.leaves;
    total_.reloads += result.reloads;
    total_.partitions += result.partitions;
    total_.clogs += result.clogs;
    total_.network.frames += result.network.frames;
    total_.network.lost += result.network.lost;
    total_.network.doubled += result.network.doubled;
    total_.network.damaged += result.network.damaged;
    total_.network.refused += result.network.refused;
    total_.network.resets += result.network.resets;
  }

  void Print() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const double wall = absl::ToDoubleSeconds(absl::Now() - start_);
    const double simulated = absl::ToDoubleSeconds(total_.simulated);
    absl::PrintF(
        "%d seeds in %.1f s: %.1f simulated hours, %.0f times real "
        "time\n",
        seeds_, wall, simulated / 3600, simulated / wall);
    absl::PrintF("envelopes: %d accepted, %d taken\n", total_.accepted,
                 total_.taken);
    absl::PrintF(
        "frames: %d sent, %d lost, %d doubled, %d damaged, %d "
        "refused\n",
        total_.network.frames, total_.network.lost, total_.network.doubled,
        total_.network.damaged, total_.network.refused);
    absl::PrintF(
        "faults: %d resets, %d crashes, %d pauses, %d twins, %d "
        "leaves, %d reloads, %d partitions, %d clogs\n",
        total_.network.resets, total_.crashes, total_.pauses, total_.twins,
        total_.leaves, total_.reloads, total_.partitions, total_.clogs);
  }

  // One line that is written anew, or, in a file, a new one now and then.
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  const int servers_;
  SimulationPlots& plots_ ABSL_GUARDED_BY(mu_);
  std::atomic<uint64_t> next_{0};
  std::atomic<bool> stop_{false};
  uint64_t end_ = 0;
  absl::Time start_;
  Mutex mu_;
  absl::Time next_progress_ ABSL_GUARDED_BY(mu_);
  uint64_t seeds_ ABSL_GUARDED_BY(mu_) = 0;
  SimulationResult total_ ABSL_GUARDED_BY(mu_);
  SimulationResult failed_ ABSL_GUARDED_BY(mu_);
  uint64_t failed_seed_ ABSL_GUARDED_BY(mu_) = 0;
};

// Of --grow. INVALID_ARGUMENT: it is no list of numbers from 2 on.
absl::StatusOr<std::vector<int>> Growth() {
  std::vector<int> growth;
  for (const std::string& number : absl::GetFlag(FLAGS_grow)) {
    int servers = 0;
    if (!absl::SimpleAtoi(number, &servers) || servers < 2) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--grow is a list of numbers from 2 on, not \"", number, "\""));
    }
    growth.push_back(servers);
  }
  return growth;
}

// 1 if a seed failed or the picture cannot be written.
int RunCampaigns(const std::vector<int>& growth) {
  SimulationPlots plots;
  int failed = Campaign(absl::GetFlag(FLAGS_servers), plots).Run();
  const std::string path = absl::GetFlag(FLAGS_plot);
  if (failed != 0 || path.empty()) return failed;
  for (const int servers : growth) {
    failed = Campaign(servers, plots).Run();
    if (failed != 0) return failed;
  }
  const absl::Status written = WritePlots(path, plots.Make());
  if (written.ok()) return 0;
  Say(written.message());
  return 1;
}

ExitCode Main(int argc, char* argv[]) {
  PrepareStreams();
  std::vector<std::string> rest;
  if (const auto code =
          ReadCommandLine(argc, argv, HelpText(), /*max_rest=*/0, rest)) {
    return *code;
  }
  const absl::StatusOr<std::vector<int>> growth = Growth();
  if (!growth.ok()) return SayUsage(growth.status().message(), kUsageText);
  const uint64_t seed = absl::GetFlag(FLAGS_seed);
  const int failed = seed != 0 ? RunOne(seed) : RunCampaigns(*growth);
  // absl::PrintF() goes past std::cout, to which it is known only here.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::cout.setstate(std::ios::badbit);
  }
  const ExitCode written = FinishOutput();
  return failed != 0 ? kFailed : written;
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  return raft_cluster::internal::Main(argc, argv);
}
