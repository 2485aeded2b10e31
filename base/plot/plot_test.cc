// The text of pictures: what is in them, and that nothing in a name or a figure
// makes them something else. How they look is for a browser to show.

#include "raft/base/plot/plot.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

Plot Simple() {
  Plot plot;
  plot.title = "Rate";
  plot.x_label = "seconds";
  plot.y_label = "messages/s";
  plot.series = {{"one", {{0, 0}, {10, 100}}}};
  return plot;
}

TEST(ShowPlots, DrawsALineFromCornerToCorner) {
  const std::string picture = ShowPlots({Simple()});
  EXPECT_THAT(picture, HasSubstr("points=\"70.0,288.0 740.0,62.0 \""));
  for (const char* text : {">Rate<", ">seconds<", ">messages/s<", ">one<",
                           ">0<", ">10<", ">100<"}) {
    EXPECT_THAT(picture, HasSubstr(text));
  }
}

TEST(ShowPlots, PutsOneBelowTheOther) {
  const std::string picture = ShowPlots({Simple(), Simple(), Simple()});
  EXPECT_THAT(picture, HasSubstr("viewBox=\"0 0 760 1020\""));
  EXPECT_THAT(picture, HasSubstr("translate(0 680)"));
}

TEST(ShowPlots, EscapesNames) {
  Plot plot = Simple();
  plot.title = "</svg><script>&\"\n\x1b";
  plot.series[0].name = plot.title;
  const std::string picture = ShowPlots({plot});
  EXPECT_THAT(picture, HasSubstr("&lt;/svg&gt;&lt;script&gt;&amp;&quot;  "));
  EXPECT_THAT(picture, Not(HasSubstr("<script>")));
}

TEST(ShowPlots, LeavesOutWhatHasNoPlace) {
  Plot plot = Simple();
  plot.log_y = true;
  plot.series[0].points = {{0, 0}, {1, -5}, {2, NAN}, {HUGE_VAL, 1}, {3, 10}};
  const std::string picture = ShowPlots({plot});
  EXPECT_THAT(picture, Not(HasSubstr("nan")));
  EXPECT_THAT(picture, Not(HasSubstr("inf")));
  EXPECT_THAT(picture, HasSubstr("<circle"));
}

TEST(ShowPlots, BreaksTheLineWhereThereIsNoValue) {
  Plot plot = Simple();
  plot.series[0].points = {{0, 1}, {1, 1}, {1, NAN}, {2, 1}, {3, 1}};
  const std::string picture = ShowPlots({plot});
  const size_t first = picture.find("<polyline");
  EXPECT_NE(picture.find("<polyline", first + 1), std::string::npos);
}

TEST(ShowPlots, SaysThatNothingWasMeasured) {
  Plot plot = Simple();
  plot.series[0].points = {{0, NAN}};
  EXPECT_THAT(ShowPlots({plot}), HasSubstr("nothing was measured"));
  EXPECT_THAT(ShowPlots({}), HasSubstr("</svg>"));
}

TEST(WritePlots, ReplacesTheFileOrSaysWhyNot) {
  const std::string path =
      absl::StrCat(std::getenv("TEST_TMPDIR"), "/picture.svg");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(WritePlots(path, {Simple()}).ok());
    std::ifstream in(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}),
              ShowPlots({Simple()}));
  }
  const absl::Status status = WritePlots("/no/such/folder/x.svg", {Simple()});
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/no/such/folder/x.svg"));
}

}  // namespace
}  // namespace raft_cluster::internal
