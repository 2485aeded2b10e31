#include <array>
#include <cstdio>
#include <string>

#include "gtest/gtest.h"

namespace {

// Runs the program, and looks at what it prints of either world.
TEST(BothWorldsTest, PrintsBoth) {
  FILE* const pipe = popen("./both_worlds 2>&1", "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), got);
  }
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_EQ(output,
            "Utrecht, PEER_UP, https://example.org, loopback://one, hello "
            "there, server is not the leader\n");
}

}  // namespace
