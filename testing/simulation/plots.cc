#include "raft/testing/simulation/plots.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

// The shares of the seeds at which a line of percentiles has its points.
constexpr int kSteps = 40;

// Into how many spans of time a campaign is divided, where it has as many
// seeds.
constexpr size_t kSpans = 20;

using Points = std::vector<std::pair<double, double>>;

// How much virtual time went by in each span, per second.
Points SpeedOf(Points seeds) {
  std::sort(seeds.begin(), seeds.end());
  const double length =
      seeds.back().first / static_cast<double>(std::min(kSpans, seeds.size()));
  Points speed;
  if (length <= 0) return speed;
  double end = length;
  double simulated = 0;
  for (const auto& [wall, seconds] : seeds) {
    for (; wall > end + length * 1e-6; end += length) {
      speed.emplace_back(end, std::exchange(simulated, 0) / length);
    }
    simulated += seconds;
  }
  speed.emplace_back(end, simulated / length);
  return speed;
}

// By percentile.
Points RestOf(const Points& seeds) {
  const double faults = absl::ToDoubleSeconds(SimulationOptions().fault_time);
  std::vector<double> seconds;
  for (const auto& seed : seeds) seconds.push_back(seed.second - faults);
  std::sort(seconds.begin(), seconds.end());
  Points points;
  for (int step = 0; step <= kSteps; ++step) {
    const size_t at = (seconds.size() - 1) * static_cast<size_t>(step) / kSteps;
    points.emplace_back(100. * step / kSteps, seconds[at]);
  }
  return points;
}

}  // namespace

void SimulationPlots::Add(int servers, absl::Duration wall,
                          const SimulationResult& result) {
  Group& group = groups_[servers];
  group.seeds.emplace_back(absl::ToDoubleSeconds(wall),
                           absl::ToDoubleSeconds(result.simulated));
  group.frames += static_cast<double>(result.network.frames);
  group.taken += static_cast<double>(result.taken);
}

std::vector<Plot> SimulationPlots::Make() const {
  Plot rest;
  rest.title = "Until all was at rest";
  rest.x_label = "% of the seeds that were as fast";
  rest.y_label = "simulated s after the last fault";
  rest.log_y = true;
  Plot speed;
  speed.title = "Speed of virtual time";
  speed.x_label = "seconds since the start";
  speed.y_label = "simulated seconds a second";
  Plot growth;
  growth.title = "Growth";
  growth.x_label = "servers";
  growth.y_label = "frames per envelope taken";
  growth.series = {{"frames", {}}};
  for (const auto& [servers, group] : groups_) {
    const std::string name = absl::StrCat(servers, " servers");
    rest.series.push_back({name, RestOf(group.seeds)});
    speed.series.push_back({name, SpeedOf(group.seeds)});
    if (group.taken > 0) {
      growth.series[0].points.emplace_back(servers, group.frames / group.taken);
    }
  }
  std::vector<Plot> plots = {std::move(rest), std::move(speed)};
  if (groups_.size() > 1) plots.push_back(std::move(growth));
  return plots;
}

}  // namespace raft_cluster::internal
