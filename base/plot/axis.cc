#include "raft/base/plot/axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace raft_cluster::internal {
namespace {

constexpr int kTicks = 6;  // About.

// 1, 2 or 5 times a power of ten, so that about kTicks of them cover `span`.
double RoundStep(double span) {
  const double wanted = span / kTicks;
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  for (const double factor : {1., 2., 5.}) {
    if (factor * power >= wanted * 0.999) return factor * power;
  }
  return 10 * power;
}

}  // namespace

std::string TickLabel(double value, double step) {
  const double size = std::abs(value);
  double unit = 1;
  const char* suffix = "";
  for (const auto& [larger, name] :
       {std::pair<double, const char*>{1e9, "G"}, {1e6, "M"}, {1e3, "k"}}) {
    if (size < larger) continue;
    unit = larger;
    suffix = name;
    break;
  }
  const double digits = std::ceil(-std::log10(std::abs(step) / unit) - 1e-9);
  return absl::StrFormat("%.*f%s",
                         static_cast<int>(std::min(std::max(digits, 0.), 9.)),
                         value / unit, suffix);
}

Axis::Axis(double min, double max, bool logarithmic)
    : logarithmic_(logarithmic), min_(min), max_(max) {
  if (logarithmic_) {
    PlaceLogarithmicTicks();
  } else {
    PlaceTicks();
  }
}

void Axis::PlaceTicks() {
  // One value alone is shown in the middle.
  if (min_ == max_) {
    const double margin = min_ == 0 ? 1 : std::abs(min_) / 2;
    min_ -= margin;
    max_ += margin;
  }
  const double step = RoundStep(max_ - min_);
  min_ = std::floor(min_ / step + 1e-9) * step;
  max_ = std::ceil(max_ / step - 1e-9) * step;
  const auto count = static_cast<int>(std::lround((max_ - min_) / step));
  for (int i = 0; i <= count; ++i) {
    const double value = min_ + i * step;
    ticks_.push_back({value, TickLabel(value, step)});
  }
}

void Axis::PlaceLogarithmicTicks() {
  const auto first = static_cast<int>(std::floor(std::log10(min_) + 1e-9));
  const auto last = static_cast<int>(std::ceil(std::log10(max_) - 1e-9));
  // Of many powers only some, of one or two what lies between them, too.
  const int stride = std::max(1, (last - first) / kTicks);
  const bool between = last - first <= 2;
  std::vector<double> values;
  for (int power = first; power <= last; power += stride) {
    const double value = std::pow(10, power);
    values.push_back(value);
    if (!between || power == last) continue;
    values.push_back(2 * value);
    values.push_back(5 * value);
  }
  if (values.size() == 1) values.push_back(values[0] * 10);
  // Ends at the ticks next to what is shown; two of them at least.
  const auto above =
      std::lower_bound(values.begin() + 1, values.end() - 1, max_ * (1 - 1e-9));
  values.erase(above + 1, values.end());
  while (values.size() > 2 && values[1] <= min_ * (1 + 1e-9)) {
    values.erase(values.begin());
  }
  min_ = values.front();
  max_ = std::max(max_, values.back());
  for (const double value : values) {
    ticks_.push_back({value, TickLabel(value, value)});
  }
}

double Axis::Place(double value) const {
  return logarithmic_ ? std::log(value / min_) / std::log(max_ / min_)
                      : (value - min_) / (max_ - min_);
}

}  // namespace raft_cluster::internal
