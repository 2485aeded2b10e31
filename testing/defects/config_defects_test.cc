// What the program with which the project began did wrong with its
// configuration.

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/config.h"

namespace raft_cluster::internal {
namespace {

using ::testing::HasSubstr;

std::string WriteFile(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
  std::ofstream(path) << text;
  return path;
}

void ExpectRefused(const std::string& json, const std::string& why) {
  const std::string path = WriteFile("refused.json", json);
  const absl::Status status = LoadConfig(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << json;
  EXPECT_THAT(std::string(status.message()), HasSubstr("refused.json")) << json;
  EXPECT_THAT(std::string(status.message()), HasSubstr(why)) << json;
}

TEST(Defect, ErrorsInTheJsonWereIgnored) {
  ExpectRefused("", "");
  ExpectRefused("{\"object\": {\"total\": 1, \"Servers\": [", "");
  ExpectRefused("{\"object\": {\"total\": \"many\", \"Servers\": []}}", "");
  ExpectRefused(
      "{\"object\": {\"total\": 2, \"Servers\": ["
      "{\"mypid\": 1, \"url\": \"127.0.0.1:10001\"}]}}",
      "total");
  EXPECT_EQ(LoadConfig("/no/such/file.json").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Defect, ThePortsOfItsOwnFileDidNotExist) {
  ExpectRefused(
      "{\"object\": {\"total\": 2, \"Servers\": ["
      "{\"mypid\": 1, \"url\": \"127.0.0.1:100001\"},"
      "{\"mypid\": 2, \"url\": \"127.0.0.1:100002\"}]}}",
      "100001");
}

TEST(Defect, TheConfigurationHadToBeInTheCurrentFolder) {
  const std::string path =
      WriteFile("elsewhere.json",
                "{\"object\": {\"total\": 1, \"Servers\": ["
                "{\"mypid\": 1, \"url\": \"127.0.0.1:10001\"}]}}");
  char* const folder = getcwd(nullptr, 0);
  ASSERT_NE(folder, nullptr);
  absl::Cleanup go_back = [folder] {
    EXPECT_EQ(chdir(folder), 0);
    free(folder);
  };
  ASSERT_EQ(chdir("/"), 0);
  const auto config = LoadConfig(path);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->object().servers_size(), 1);
}

}  // namespace
}  // namespace raft_cluster::internal
