// Held against protobuf's own writer, at every length and at its edges.
#include "raft/cluster/link/varint.h"

#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using google::protobuf::io::CodedOutputStream;

// Both sides of every length, and some in between.
std::vector<uint64_t> Values() {
  std::vector<uint64_t> values = {0, 1, UINT64_MAX};
  std::mt19937_64 random(1);
  for (int bits = 1; bits < 64; ++bits) {
    const uint64_t power = uint64_t{1} << bits;
    values.insert(values.end(), {power - 1, power, random() % power});
  }
  return values;
}

// A copy whose end is the end of its memory, for what reads too far.
std::vector<char> Exactly(const char* begin, const char* end) {
  std::vector<char> copy(begin, end);
  copy.shrink_to_fit();
  return copy;
}

TEST(Varint, IsWrittenAsProtobufWritesIt) {
  for (const uint64_t value : Values()) {
    char ours[kMaxVarintBytes];
    uint8_t theirs[kMaxVarintBytes];
    const char* const end = PutVarint(ours, value);
    const uint8_t* const their_end =
        CodedOutputStream::WriteVarint64ToArray(value, theirs);
    EXPECT_EQ(std::vector<uint8_t>(ours, PutVarint(ours, value)),
              std::vector<uint8_t>(theirs, theirs + (their_end - theirs)))
        << value;
    EXPECT_EQ(static_cast<size_t>(end - ours), VarintSize(value)) << value;
  }
}

TEST(Varint, ComesBackAsItWasWritten) {
  for (const uint64_t value : Values()) {
    char buffer[kMaxVarintBytes];
    const std::vector<char> bytes = Exactly(buffer, PutVarint(buffer, value));
    const char* const end = bytes.data() + bytes.size();
    uint64_t read = ~value;
    EXPECT_EQ(GetVarint(bytes.data(), end, &read), end);
    EXPECT_EQ(read, value);
  }
}

TEST(Varint, CutShortIsNone) {
  for (const uint64_t value : Values()) {
    char buffer[kMaxVarintBytes];
    const char* const end = PutVarint(buffer, value);
    for (const char* cut = buffer; cut != end; ++cut) {
      const std::vector<char> bytes = Exactly(buffer, cut);
      uint64_t read;
      EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + bytes.size(), &read),
                nullptr)
          << value << " cut at " << cut - buffer;
    }
  }
}

TEST(Varint, OfMoreThan64BitsIsNone) {
  uint64_t read;
  std::vector<char> bytes(9, '\xff');
  bytes.push_back(2);  // Bit 64.
  EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + 10, &read), nullptr);
  bytes.back() = 1;
  EXPECT_NE(GetVarint(bytes.data(), bytes.data() + 10, &read), nullptr);
  EXPECT_EQ(read, UINT64_MAX);
  bytes.assign(11, '\x80');
  bytes.push_back(0);
  EXPECT_EQ(GetVarint(bytes.data(), bytes.data() + 12, &read), nullptr);
}

TEST(Fixed, IsLittleEndian) {
  char buffer[8];
  EXPECT_EQ(PutFixed(buffer, uint64_t{0x0807060504030201}), buffer + 8);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(buffer[i], i + 1);
  EXPECT_EQ(GetFixed<uint64_t>(buffer), 0x0807060504030201u);
  EXPECT_EQ(PutFixed(buffer, uint32_t{0xfffefdfc}), buffer + 4);
  EXPECT_EQ(GetFixed<uint32_t>(buffer), 0xfffefdfcu);
  EXPECT_EQ(static_cast<uint8_t>(buffer[0]), 0xfc);
}

}  // namespace
}  // namespace raft_cluster::internal
