// Line plots as SVG: what a benchmark or a simulation measured, as a picture
// that a browser shows and a document can hold, by day and in the dark.
//
//   Plot plot;
//   plot.title = "Messages per second";
//   plot.x_label = "seconds";
//   plot.series = {{"raft tcp", {{0.2, 4.1e6}, {0.4, 4.2e6}}}};
//   absl::Status status = WritePlots("bench.svg", {plot});
//
// Thread rule: functions of values.
#ifndef RAFT_BASE_PLOT_PLOT_H_
#define RAFT_BASE_PLOT_PLOT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace raft_cluster::internal {

struct Plot {
  struct Series {
    std::string name;  // In the legend.
    // By x. The line is broken at a point that is not finite.
    std::vector<std::pair<double, double>> points;
  };

  std::string title;
  std::string subtitle;  // Beside it.
  std::string x_label;
  std::string y_label;
  // On a logarithmic axis what is not positive is left out.
  bool log_x = false;
  bool log_y = false;
  // Ticks of the x axis for which the numbers would say little: value, label.
  std::vector<std::pair<double, std::string>> x_ticks;
  std::vector<Series> series;
};

// The plots, one below the other, as one picture. Eight series can be told
// apart by colour and dashes.
std::string ShowPlots(const std::vector<Plot>& plots);

// Writes it to a file, whole or not at all. UNAVAILABLE and the other codes of
// errno: it cannot be written, and why.
absl::Status WritePlots(const std::string& path,
                        const std::vector<Plot>& plots);

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_PLOT_PLOT_H_
