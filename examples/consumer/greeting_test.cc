#include <array>
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "raft/testing/local_addresses.h"

namespace {

struct Outcome {
  int status;  // As waitpid(2) has it: 0 if it ended well.
  std::string output;
};

Outcome RunGreeting(const std::string& arguments) {
  Outcome outcome{-1, ""};
  FILE* const pipe = popen(("./greeting " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), got);
  }
  outcome.status = pclose(pipe);
  return outcome;
}

// The program is linked statically: a transport that were only there in a
// dynamically linked test would be missed.
TEST(GreetingTest, TravelsOverTcp) {
  auto addresses = raft_cluster::LocalAddresses::Pick("tcp", 2);
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  const Outcome outcome =
      RunGreeting(addresses->urls()[0] + " " + addresses->urls()[1]);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "1 -> 2: hello there\n");
}

TEST(GreetingTest, SaysWhichUrlIsWrong) {
  const Outcome outcome = RunGreeting("tcp://127.0.0.1:100001 ipc:///tmp/two");
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.output.find("100001"), std::string::npos) << outcome.output;
}

}  // namespace
