// One axis of a plot: which values it shows, and where it has its ticks.
//
// Thread rule: a value.
#ifndef RAFT_BASE_PLOT_AXIS_H_
#define RAFT_BASE_PLOT_AXIS_H_

#include <string>
#include <vector>

namespace raft_cluster::internal {

class Axis {
 public:
  struct Tick {
    double value = 0;
    std::string label;  // "1,000", "0.25", "2M"
  };

  // From `min` to `max`, and a little further where that makes the ends round.
  // Logarithmic: in powers of ten, or where it covers less than one of them in
  // 1, 2 and 5. REQUIRES: finite; if `logarithmic`, positive.
  Axis(double min, double max, bool logarithmic);

  // 0 at the axis' start, 1 at its end.
  double Place(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  void PlaceTicks();
  void PlaceLogarithmicTicks();

  const bool logarithmic_;
  double min_;
  double max_;
  std::vector<Tick> ticks_;
};

// In as few characters as tell it from its neighbours `step` away: thousands
// as k, millions as M, and so on.
std::string TickLabel(double value, double step);

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_PLOT_AXIS_H_
