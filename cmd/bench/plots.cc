#include "raft/cmd/bench/plots.h"

#include <algorithm>
#include <cmath>

namespace raft_cluster::internal {
namespace {

// REQUIRES: not empty.
double Median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Plots::Plots(const Plan& plan) {
  for (const Plan::Contender& contender : plan.contenders) {
    for (Plot* plot : {&rates_, &latencies_, &growth_}) {
      plot->series.push_back({contender.name, {}});
    }
  }
  rates_.title = "Throughput over time";
  rates_.subtitle = latencies_.subtitle = plan.Describe();
  rates_.x_label = "seconds since the start; contenders take turns";
  rates_.y_label = "messages/s";

  latencies_.title =
      plan.mode == Plan::Mode::kPingPong ? "There and back" : "One way";
  latencies_.x_label = "share of the messages that were as fast";
  latencies_.y_label = "microseconds";
  latencies_.log_x = latencies_.log_y = true;
  // One of so many was slower: each nine is as wide as the one before.
  latencies_.x_ticks = {{1, "0"},         {2, "50 %"},      {10, "90 %"},
                        {100, "99 %"},    {1000, "99.9 %"}, {1e4, "99.99 %"},
                        {1e5, "99.999 %"}};

  growth_.title = "Growth";
  growth_.subtitle = plan.mode_name;
  growth_.x_label = "servers";
  growth_.y_label = "messages/s, all servers";
}

void Plots::BeginRound(size_t contender) {
  auto& points = rates_.series[contender].points;
  if (!points.empty()) points.emplace_back(points.back().first, NAN);
}

void Plots::AddRate(size_t contender, double seconds, double rate) {
  rates_.series[contender].points.emplace_back(seconds, rate);
}

void Plots::AddSamples(const Samples& samples) {
  for (size_t who = 0; who < samples.size(); ++who) {
    const size_t count = samples[who].front().quantiles.size();
    for (size_t i = 0; i < count; ++i) {
      std::vector<double> rounds;
      for (const Sample& sample : samples[who]) {
        if (i < sample.quantiles.size()) {
          rounds.push_back(sample.quantiles[i].ns);
        }
      }
      const double slower = 1 - samples[who].front().quantiles[i].fraction;
      latencies_.series[who].points.emplace_back(1 / slower,
                                                 Median(rounds) / 1e3);
    }
  }
}

void Plots::AddGrowth(int servers, const Samples& samples) {
  for (size_t who = 0; who < samples.size(); ++who) {
    std::vector<double> rounds;
    for (const Sample& sample : samples[who]) {
      rounds.push_back(sample.messages_per_second);
    }
    growth_.series[who].points.emplace_back(servers, Median(rounds));
  }
}

std::vector<Plot> Plots::Make() const {
  std::vector<Plot> plots = {rates_};
  if (!latencies_.series[0].points.empty()) plots.push_back(latencies_);
  if (growth_.series[0].points.size() > 1) {
    plots.push_back(growth_);
    // Whatever order they were measured in.
    for (Plot::Series& series : plots.back().series) {
      std::sort(series.points.begin(), series.points.end());
    }
  }
  return plots;
}

}  // namespace raft_cluster::internal
