// Crashes of a disk, for many seeds.
#include "raft/testing/simulation/disk.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "raft/base/random.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kSeeds = 200;

TEST(SimDisk, ReadsWhatWasWrittenFlushedOrNot) {
  SimDisk disk;
  EXPECT_EQ(disk.Read("log"), absl::nullopt);
  disk.Write("log", "one");
  disk.Append("log", " two");
  EXPECT_EQ(disk.Read("log"), "one two");
  disk.Flush();
  EXPECT_EQ(disk.Read("log"), "one two");
  disk.Remove("log");
  EXPECT_EQ(disk.Read("log"), absl::nullopt);
}

TEST(SimDisk, KeepsWhatWasFlushedAndSomeOfTheRestInItsOrder) {
  std::set<std::string> logs;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SplitMix64 random(seed);
    SimDisk disk;
    disk.Append("log", "ab");
    disk.Flush();
    disk.Append("log", "cd");
    disk.Write("ballot", "3");
    disk.Append("log", "ef");
    disk.Crash(&random);
    const std::string log = disk.Read("log").value_or("");
    EXPECT_EQ(log, std::string("abcdef").substr(0, log.size()));
    // What was written before it is there where this is, and the reverse.
    EXPECT_TRUE(log.size() >= 4 || !disk.Read("ballot").has_value());
    EXPECT_TRUE(log.size() <= 4 || disk.Read("ballot") == "3");
    logs.insert(log);
  }
  EXPECT_EQ(logs,
            (std::set<std::string>{"ab", "abc", "abcd", "abcde", "abcdef"}));
}

TEST(SimDisk, TakesNothingBetweenACrashAndTheRestart) {
  SplitMix64 random(1);
  SimDisk disk;
  disk.Write("file", "flushed");
  disk.Flush();
  disk.Crash(&random);
  disk.Write("file", "too late");
  disk.Flush();
  EXPECT_EQ(disk.Read("file"), "flushed");
  disk.Restart();
  EXPECT_EQ(disk.Read("file"), "flushed");
  disk.Write("file", "anew");
  EXPECT_EQ(disk.Read("file"), "anew");
}

}  // namespace
}  // namespace raft_cluster::internal
