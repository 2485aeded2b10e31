// Holds the tables of docs/operations.md against the code: whoever adds an
// event, a state, a reason or a metric has to say what it means and what to do
// about it.

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/stats.pb.h"
#include "raft/status/metrics.h"

namespace raft_cluster::internal {
namespace {

std::string ReadDocument() {
  std::ifstream in("docs/operations.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

// A row of a table whose first cell is one name in code.
struct Row {
  std::string name;
  std::vector<std::string> cells;  // The others.
};

// The rows below `heading`, up to the next one.
std::vector<Row> RowsBelow(absl::string_view heading) {
  static const auto* const document = new std::string(ReadDocument());
  std::vector<Row> rows;
  bool inside = false;
  for (absl::string_view line : absl::StrSplit(*document, '\n')) {
    if (absl::StartsWith(line, "## ")) inside = line == heading;
    if (!inside || !absl::ConsumePrefix(&line, "| `")) continue;
    line = absl::StripSuffix(line, " |");
    std::vector<std::string> cells = absl::StrSplit(line, " | ");
    cells.front().pop_back();  // The other `.
    rows.push_back({cells.front(), {cells.begin() + 1, cells.end()}});
  }
  return rows;
}

// All values but the one that stands for none.
std::vector<std::string> NamesOf(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0) names.push_back(type.value(i)->name());
  }
  return names;
}

void ExpectEachOnce(absl::string_view heading,
                    const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (const Row& row : RowsBelow(heading)) {
    names.push_back(row.name);
    EXPECT_EQ(row.cells.size(), 2u)
        << row.name << ": a meaning, and what to do";
    for (const std::string& cell : row.cells) {
      EXPECT_NE(cell, "") << row.name;
    }
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(NamesOf(type)))
      << "docs/operations.md, " << heading;
}

TEST(Operations, SayWhatToDoAboutEveryState) {
  ExpectEachOnce("## States of a peer", *PeerStats::State_descriptor());
}

TEST(Operations, SayWhatToDoAboutEveryEvent) {
  ExpectEachOnce("## Events", *Event::Kind_descriptor());
}

TEST(Operations, SayWhatToDoAboutEveryReason) {
  ExpectEachOnce("## Why frames and callers are refused",
                 *Refusal::Reason_descriptor());
}

TEST(Operations, SayWhatToLookForInEveryMetric) {
  std::vector<std::string> metrics;
  for (const prometheus::MetricFamily& family : MetricsOf(Stats())) {
    metrics.push_back(family.name);
  }
  std::vector<std::string> names;
  for (const Row& row : RowsBelow("## Metrics")) {
    names.push_back(row.name);
    EXPECT_NE(row.cells.front(), "") << row.name;
  }
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(metrics));
}

}  // namespace
}  // namespace raft_cluster::internal
