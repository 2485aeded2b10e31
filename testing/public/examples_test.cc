// The examples in the head comments of public headers compile under our own
// warnings: this test depends on their being built. It counts what was found,
// as a header whose examples were overlooked would pass as well.

#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace {

int ExamplesIn(const std::string& source) {
  std::ifstream file("testing/public/examples_" + source + ".cc");
  EXPECT_TRUE(file.is_open()) << source;
  const std::string text(std::istreambuf_iterator<char>(file), {});
  int examples = 0;
  for (size_t at = text.find("\nnamespace example"); at != std::string::npos;
       at = text.find("\nnamespace example", at + 1)) {
    ++examples;
  }
  return examples;
}

TEST(Examples, AreFoundWhereTheyAre) {
  EXPECT_EQ(ExamplesIn("cluster_server_h"), 1);
  EXPECT_EQ(ExamplesIn("cluster_config_h"), 1);
  EXPECT_EQ(ExamplesIn("cluster_handler_h"), 1);
  EXPECT_EQ(ExamplesIn("transport_transport_h"), 2);
  EXPECT_EQ(ExamplesIn("transport_frame_h"), 1);
  EXPECT_EQ(ExamplesIn("transport_registry_h"), 1);
  EXPECT_EQ(ExamplesIn("transport_url_h"), 1);
  EXPECT_EQ(ExamplesIn("transport_builtin_builtin_h"), 1);
  EXPECT_EQ(ExamplesIn("testing_faulty_faulty_h"), 1);
  EXPECT_EQ(ExamplesIn("testing_local_addresses_h"), 1);
  EXPECT_EQ(ExamplesIn("testing_local_cluster_h"), 3);
  EXPECT_EQ(ExamplesIn("testing_simulation_control_h"), 1);
  EXPECT_EQ(ExamplesIn("testing_simulation_disk_h"), 1);
  EXPECT_EQ(ExamplesIn("testing_simulation_simulation_h"), 3);
  EXPECT_EQ(ExamplesIn("testing_transport_conformance_h"), 1);
}

}  // namespace
