#include "raft/base/plot/plot.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "raft/base/plot/axis.h"

namespace raft_cluster::internal {
namespace {

// In pixels of the picture's own, which scales.
constexpr int kWidth = 760;
constexpr int kHeight = 340;  // Of each plot.
constexpr int kLeft = 70, kRight = 20, kTop = 62, kBottom = 52;
constexpr int kInnerWidth = kWidth - kLeft - kRight;
constexpr int kInnerHeight = kHeight - kTop - kBottom;
constexpr int kCharacter = 7;  // Its width, about.
constexpr int kMaxDots = 40;   // Of each line.

// Okabe and Ito's, which people with any sight can tell apart; yellow is too
// pale for lines. Dashes, for printers.
constexpr const char* kColours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7"};
constexpr const char* kDashes[] = {"", "6 3"};

constexpr char kStyle[] =
    "<style>\n"
    "svg { background: #fff; font: 13px system-ui, sans-serif }\n"
    "text { fill: #222 } .title { font-weight: 600; font-size: 15px }\n"
    ".grid { stroke: #ddd } .frame { stroke: #888; fill: none }\n"
    ".line { fill: none; stroke-width: 2; stroke-linejoin: round }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "svg { background: #16181c } text { fill: #ddd }\n"
    ".grid { stroke: #333 } .frame { stroke: #777 } }\n"
    "</style>\n";

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    // XML has no way at all to write most of these.
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return absl::StrReplaceAll(
      out, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

struct Range {
  double min = HUGE_VAL, max = -HUGE_VAL;
  void Add(double value) {
    min = std::min(min, value);
    max = std::max(max, value);
  }
};

bool IsShown(const Plot& plot, const std::pair<double, double>& point) {
  return std::isfinite(point.first) && std::isfinite(point.second) &&
         (!plot.log_x || point.first > 0) && (!plot.log_y || point.second > 0);
}

// `attributes` besides the place.
std::string Text(double x, double y, const char* attributes,
                 const std::string& text) {
  return absl::StrFormat("<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y,
                         attributes, Escape(text));
}

std::string Line(double x1, double y1, double x2, double y2) {
  return absl::StrFormat(
      "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" "
      "y2=\"%.1f\"/>\n",
      x1, y1, x2, y2);
}

class Drawing {
 public:
  Drawing(const Plot& plot, const Range& x, const Range& y)
      : plot_(plot),
        x_(x.min, x.max, plot.log_x),
        y_(plot.log_y ? y.min : std::min(y.min, 0.), y.max, plot.log_y) {}

  std::string Draw() const {
    std::string out = Grid();
    for (size_t i = 0; i < plot_.series.size(); ++i) {
      absl::StrAppend(&out, Curve(i));
    }
    return out;
  }

 private:
  double X(double value) const { return kLeft + x_.Place(value) * kInnerWidth; }
  double Y(double value) const {
    return kTop + (1 - y_.Place(value)) * kInnerHeight;
  }

  std::string Grid() const {
    std::string out;
    for (const Axis::Tick& tick : y_.ticks()) {
      const double y = Y(tick.value);
      absl::StrAppend(
          &out, Line(kLeft, y, kLeft + kInnerWidth, y),
          Text(kLeft - 6, y + 4, "text-anchor=\"end\"", tick.label));
    }
    std::vector<std::pair<double, std::string>> ticks = plot_.x_ticks;
    if (ticks.empty()) {
      for (const Axis::Tick& tick : x_.ticks()) {
        ticks.emplace_back(tick.value, tick.label);
      }
    }
    for (const auto& [value, label] : ticks) {
      const double x = X(value);
      if (x < kLeft - 1 || x > kLeft + kInnerWidth + 1) continue;
      // A long label of the last one would stand out of the picture.
      const bool last =
          x + kCharacter / 2. * static_cast<double>(label.size()) > kWidth;
      absl::StrAppend(
          &out, Line(x, kTop, x, kTop + kInnerHeight),
          Text(last ? kLeft + kInnerWidth : x, kTop + kInnerHeight + 18,
               last ? "text-anchor=\"end\"" : "text-anchor=\"middle\"", label));
    }
    return out;
  }

  std::string Curve(size_t number) const {
    const char* const colour = kColours[number % std::size(kColours)];
    const char* const dash =
        kDashes[number / std::size(kColours) % std::size(kDashes)];
    std::string lines;
    std::string points;
    std::string dots;
    int count = 0;
    const auto end_line = [&] {
      if (points.empty()) return;
      absl::StrAppendFormat(&lines,
                            "<polyline class=\"line\" stroke=\"%s\" "
                            "stroke-dasharray=\"%s\" points=\"%s\"/>\n",
                            colour, dash, points);
      points.clear();
    };
    for (const auto& point : plot_.series[number].points) {
      if (!IsShown(plot_, point)) {
        end_line();
        continue;
      }
      ++count;
      absl::StrAppendFormat(&points, "%.1f,%.1f ", X(point.first),
                            Y(point.second));
      absl::StrAppendFormat(
          &dots, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
          X(point.first), Y(point.second), colour);
    }
    end_line();
    // Where there are many the line itself shows them.
    return count > kMaxDots ? lines : absl::StrCat(lines, dots);
  }

  const Plot& plot_;
  const Axis x_;
  const Axis y_;
};

std::string Legend(const Plot& plot) {
  std::string out;
  double x = kLeft;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    absl::StrAppendFormat(
        &out,
        "<line x1=\"%.1f\" y1=\"42\" x2=\"%.1f\" y2=\"42\" stroke=\"%s\" "
        "stroke-width=\"3\" stroke-dasharray=\"%s\"/>\n",
        x, x + 24, kColours[i % std::size(kColours)],
        kDashes[i / std::size(kColours) % std::size(kDashes)]);
    absl::StrAppend(&out, Text(x + 30, 46, "", plot.series[i].name));
    x +=
        30. + kCharacter * static_cast<double>(plot.series[i].name.size()) + 24;
  }
  return out;
}

std::string ShowPlot(const Plot& plot) {
  Range x, y;
  for (const Plot::Series& series : plot.series) {
    for (const auto& point : series.points) {
      if (!IsShown(plot, point)) continue;
      x.Add(point.first);
      y.Add(point.second);
    }
  }
  std::string out = absl::StrFormat(
      "<text x=\"%d\" y=\"22\"><tspan class=\"title\">%s</tspan>"
      "<tspan dx=\"10\">%s</tspan></text>\n%s",
      kLeft, Escape(plot.title), Escape(plot.subtitle), Legend(plot));
  const double middle = kTop + kInnerHeight / 2.;
  if (x.min > x.max) {
    absl::StrAppend(&out, Text(kWidth / 2., middle, "text-anchor=\"middle\"",
                               "nothing was measured"));
  } else {
    absl::StrAppend(&out, Drawing(plot, x, y).Draw());
  }
  absl::StrAppendFormat(&out,
                        "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" "
                        "height=\"%d\"/>\n",
                        kLeft, kTop, kInnerWidth, kInnerHeight);
  const std::string turned = absl::StrFormat(
      "text-anchor=\"middle\" transform=\"rotate(-90 14 %.1f)\"", middle);
  absl::StrAppend(&out,
                  Text(kLeft + kInnerWidth / 2., kHeight - 12,
                       "text-anchor=\"middle\"", plot.x_label),
                  Text(14, middle, turned.c_str(), plot.y_label));
  return out;
}

}  // namespace

std::string ShowPlots(const std::vector<Plot>& plots) {
  const int height =
      kHeight * static_cast<int>(std::max(plots.size(), size_t{1}));
  std::string out = absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
      "width=\"%d\" height=\"%d\">\n%s",
      kWidth, height, kWidth, height, kStyle);
  int top = 0;
  for (const Plot& plot : plots) {
    absl::StrAppendFormat(&out, "<g transform=\"translate(0 %d)\">\n%s</g>\n",
                          top, ShowPlot(plot));
    top += kHeight;
  }
  return absl::StrCat(out, "</svg>\n");
}

absl::Status WritePlots(const std::string& path,
                        const std::vector<Plot>& plots) {
  // What was there stays until the new one is whole.
  const std::string draft = absl::StrCat(path, ".", getpid(), ".tmp");
  const auto failed = [&draft, &path](int error) {
    (void)std::remove(draft.c_str());
    return absl::ErrnoToStatus(error,
                               absl::StrCat("cannot write \"", path, "\""));
  };
  std::FILE* const file = std::fopen(draft.c_str(), "w");
  if (file == nullptr) return failed(errno);
  const std::string picture = ShowPlots(plots);
  bool written =
      std::fwrite(picture.data(), 1, picture.size(), file) == picture.size();
  int error = errno;
  if (std::fclose(file) != 0 && written) {
    written = false;
    error = errno;
  }
  if (!written) return failed(error);
  if (std::rename(draft.c_str(), path.c_str()) != 0) return failed(errno);
  return absl::OkStatus();
}

}  // namespace raft_cluster::internal
