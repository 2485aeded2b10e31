// The unit and the alerts, as systemd and Prometheus judge them. A judge that
// is not there cannot say so: then its case is skipped, which is not to pass.

#include <cstdlib>
#include <regex>  // NOLINT(build/c++11)
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "raft/tools/checks/shell.h"
#include "raft/tools/checks/tree.h"

namespace raft_cluster::internal {
namespace {

// A unit for server 1 whose program is there: /bin/true stands for it.
class Unit : public testing::Test {
 protected:
  void SetUp() override {
    if (Shell("systemd-analyze --version").exit_code != 0) {
      GTEST_SKIP() << "systemd is not installed";
    }
    const Outcome made =
        Shell(absl::StrCat("sed 's,/usr/bin/raft-server,/bin/true,' "
                           "'tools/service/raft@.service' >'",
                           path_, "'"));
    ASSERT_EQ(made.exit_code, 0) << made.output;
  }

  const std::string path_ =
      absl::StrCat(std::getenv("TEST_TMPDIR"), "/raft@1.service");
};

TEST_F(Unit, IsUnderstoodByTheManager) {
  const Outcome outcome =
      Shell(absl::StrCat("systemd-analyze verify '", path_, "'"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(outcome.output, "") << "a mistyped setting is only a warning";
}

// 1.5 of 10, where 10 is a process that may do anything. What is left is what a
// server on a network needs.
TEST_F(Unit, MayDoLittleBesidesItsWork) {
  const Outcome outcome = Shell(absl::StrCat(
      "systemd-analyze security --no-pager --offline=true --threshold=15 '",
      path_, "'"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

TEST(Alerts, AreRulesThatFireWhenTheyShould) {
  if (Shell("promtool --version").exit_code != 0) {
    GTEST_SKIP() << "prometheus is not installed";
  }
  for (const char* command : {"check rules tools/service/alerts.yml",
                              "test rules tools/service/alerts_test.yml"}) {
    const Outcome outcome = Shell(absl::StrCat("promtool ", command));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  }
}

std::string ContentOf(absl::string_view path) {
  for (const File& file : ReadTree()) {
    if (file.path == path) return file.content;
  }
  ADD_FAILURE() << "there is no " << path;
  return "";
}

// Every first group of `pattern` in `text`.
std::set<std::string> AllOf(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> all;
  for (std::sregex_iterator at(text.begin(), text.end(), regex);
       at != std::sregex_iterator(); ++at) {
    all.insert((*at)[1].str());
  }
  return all;
}

TEST(Alerts, AreThoseOfTheDocument) {
  const std::string document = ContentOf("docs/operations.md");
  const std::string rules = ContentOf("tools/service/alerts.yml");
  const auto alerts = AllOf(rules, "- alert: (\\w+)");
  EXPECT_GT(alerts.size(), 5u);
  EXPECT_EQ(AllOf(document, "\n\\| `(Raft\\w+)` \\|"), alerts);
  EXPECT_EQ(
      AllOf(ContentOf("tools/service/alerts_test.yml"), "alertname: (\\w+)"),
      alerts)
      << "each is tried";
}

// The document's list is that of the code (//testing/documents).
TEST(Alerts, AskForMetricsThatThereAre) {
  const auto metrics =
      AllOf(ContentOf("docs/operations.md"), "\n\\| `(raft_cluster_\\w+)` \\|");
  for (const char* file : {"alerts.yml", "alerts_test.yml"}) {
    const auto used = AllOf(ContentOf(absl::StrCat("tools/service/", file)),
                            "(raft_cluster_\\w+)");
    EXPECT_GT(used.size(), 5u) << file;
    for (const std::string& metric : used) {
      EXPECT_EQ(metrics.count(metric), 1u) << file << ": " << metric;
    }
  }
}

}  // namespace
}  // namespace raft_cluster::internal
