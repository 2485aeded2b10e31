// Recordings from files, shown whole.

#include "raft/cmd/top/replay.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

std::string Write(const std::string& content) {
  const std::string path =
      absl::StrCat(std::getenv("TEST_TMPDIR"), "/recording.json");
  std::ofstream(path) << content;
  return path;
}

TEST(Replay, HasALineForEachEvent) {
  const auto recording = ReadRecording(Write(R"({
      "pid": 1, "url": "tcp://one:1", "unixUs": "9000000",
      "monotonicUs": "70000000", "invented": 1, "events": [
      {"number": "8", "event": {"kind": "PEER_UP", "peer": 2},
       "unixUs": "1000000", "monotonicUs": "5000000"},
      {"number": "9", "event": {"kind": "PEER_SILENT", "peer": 2},
       "unixUs": "1250000", "monotonicUs": "10000000"},
      {"number": "10", "event": {"kind": "FRAME_REFUSED", "peer": 2,
       "refusal": "CHECKSUM", "count": "3"},
       "unixUs": "1500000", "monotonicUs": "10500000"}], "states": [
      {"number": "1", "peer": 2, "state": "UP",
       "unixUs": "1000000", "monotonicUs": "5000000"},
      {"number": "2", "peer": 2, "state": "SILENT", "reason": "not heard",
       "unixUs": "1250000", "monotonicUs": "10000000"}]})"));
  ASSERT_TRUE(recording.ok()) << recording.status();
  const std::string shown = ShowRecording(*recording);
  EXPECT_THAT(shown, HasSubstr("server 1 at tcp://one:1, "));
  EXPECT_THAT(shown, HasSubstr("3 events and 2 changes of state; "
                               "7 events before them are gone\n"));
  EXPECT_THAT(shown, HasSubstr("            server 2 is up\n"));
  EXPECT_THAT(shown, HasSubstr("    +5.0 s  server 2 is silent"));
  EXPECT_THAT(shown, HasSubstr("            server 2: SILENT (not heard)\n"));
  EXPECT_THAT(shown, HasSubstr(" +500.0 ms  refused 3 x CHECKSUM"));
  EXPECT_THAT(shown, HasSubstr("in the end: server 2 SILENT for 1.0 min\n"));
}

TEST(Replay, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(ReadRecording("/no/such/file").status().code(),
            absl::StatusCode::kNotFound);
  for (const char* content : {"", "{}", "[", "{\"pid\": \"one\"}", "\x1b"}) {
    const auto recording = ReadRecording(Write(content));
    EXPECT_EQ(recording.status().code(), absl::StatusCode::kInvalidArgument)
        << content;
  }
}

}  // namespace
}  // namespace raft_cluster::internal
