// The framing, byte by byte.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/transport/stream/chunk_pool.h"
#include "raft/transport/stream/little_endian.h"
#include "raft/transport/stream/preamble.h"
#include "raft/transport/stream/record_queue.h"
#include "raft/transport/stream/record_reader.h"

namespace raft_cluster::internal::stream {
namespace {

using Result = RecordReader::Result;

constexpr size_t kMaxFrame = 100000;

Preamble SomePreamble() {
  Preamble preamble;
  preamble.self = 7;
  preamble.called = -3;
  preamble.max_frame_bytes = uint64_t{1} << 40;
  preamble.nonce = NewNonce();
  return preamble;
}

std::string Header(uint32_t kind, uint32_t size) {
  std::string bytes(kRecordHeaderBytes, '\0');
  PutLittleEndian(kind << kRecordLengthBits | size, &bytes[0]);
  return bytes;
}

std::string Written(const RecordQueue& queue) {
  iovec parts[30];
  const int count = queue.Parts(parts, 30);
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return bytes;
}

// What comes of `bytes`, of which at most `step` are read at once: a line for
// each result, up to the first that is final.
struct Reading {
  explicit Reading(size_t max_frame = kMaxFrame) : reader(chunks, max_frame) {}

  std::vector<std::string> Read(const std::string& bytes, size_t step) {
    std::vector<std::string> results;
    size_t at = 0;
    for (;;) {
      RecordReader::Record record;
      const Result result = reader.Next(record);
      switch (result) {
        case Result::kNothing: {
          if (at == bytes.size()) return results;
          const RecordReader::Room room = reader.MakeRoom();
          EXPECT_GT(room.size, 0u);
          const size_t size = std::min({step, room.size, bytes.size() - at});
          std::memcpy(room.data, bytes.data() + at, size);
          reader.Filled(size);
          at += size;
          break;
        }
        case Result::kPreamble:
          results.push_back(absl::StrCat("preamble of ", record.preamble.self));
          break;
        case Result::kFrame:
          frames.push_back(record.bytes);
          results.push_back(
              absl::StrCat("frame ", std::string(record.bytes.view())));
          break;
        case Result::kEcho:
          results.push_back(absl::StrCat(
              "echo ", std::string(record.nonce.begin(), record.nonce.end())));
          break;
        case Result::kEnd:
          results.push_back("end");
          break;
        case Result::kNoPreamble:
          results.push_back("no preamble");
          return results;
        case Result::kMalformed:
          results.push_back("malformed");
          return results;
        case Result::kTooLarge:
          results.push_back("too large");
          return results;
      }
    }
  }

  ChunkPool chunks;
  RecordReader reader;
  std::vector<Bytes> frames;
};

const size_t kSteps[] = {1, 2, 3, 7, 64, 65, 1000, 1025, 5000, 100000, 1000000};

TEST(Preamble, IsReadAsItWasWritten) {
  const Preamble preamble = SomePreamble();
  const std::string bytes = Encode(preamble);
  ASSERT_EQ(bytes.size(), kPreambleBytes);
  const auto read = ParsePreamble(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->self, 7);
  EXPECT_EQ(read->called, -3);
  EXPECT_EQ(read->max_frame_bytes, uint64_t{1} << 40);
  EXPECT_EQ(read->nonce, preamble.nonce);
  EXPECT_NE(NewNonce(), NewNonce());
}

TEST(Preamble, IsNothingElse) {
  const std::string good = Encode(SomePreamble());
  // The magic, the reserved parts, and versions that we do not speak.
  for (const size_t at : {0, 7, 12, 15, 48, 63}) {
    std::string bytes = good;
    bytes[at] ^= 1;
    EXPECT_FALSE(ParsePreamble(bytes).ok()) << at;
  }
  Preamble later = SomePreamble();
  later.lowest_version = 2;
  later.highest_version = 3;
  const auto status = ParsePreamble(Encode(later)).status();
  EXPECT_NE(status.message().find("versions 2 to 3"), std::string::npos)
      << status;
  later.lowest_version = 1;
  EXPECT_TRUE(ParsePreamble(Encode(later)).ok());
}

TEST(Records, ComeHoweverTheBytesAreCut) {
  RecordQueue queue;
  std::vector<std::string> expected = {"preamble of 7"};
  std::string bytes = Encode(SomePreamble());
  for (const size_t size : {0, 1, 5, 1000, 2000, 20000, 100000, 3}) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    const Bytes whole = Bytes::Copy(text);
    queue.Push(RecordKind::kFrame,
               Frame{whole.Slice(0, size / 2), whole.Slice(size / 2)});
    expected.push_back("frame " + text);
  }
  queue.Push(RecordKind::kEcho, Frame{Bytes::Copy("0123456789abcdef"), {}});
  queue.Push(RecordKind::kEnd, Frame());
  expected.push_back("echo 0123456789abcdef");
  expected.push_back("end");
  bytes += Written(queue);
  for (const size_t step : kSteps) {
    Reading reading;
    EXPECT_EQ(reading.Read(bytes, step), expected) << step;
    // Nobody has read over what is held.
    for (size_t i = 0; i < reading.frames.size(); ++i) {
      EXPECT_EQ("frame " + std::string(reading.frames[i].view()),
                expected[i + 1])
          << step;
    }
  }
}

TEST(Records, AreRefusedWhereTheyAreNone) {
  const std::string preamble = Encode(SomePreamble());
  const std::vector<std::pair<std::string, std::string>> bad = {
      {Header(0, kMaxFrame + 1), "too large"},
      {Header(0, kMaxRecordBytes), "too large"},
      {Header(1, 15), "malformed"},
      {Header(1, 17), "malformed"},
      {Header(2, 1), "malformed"},
      {Header(3, 0), "malformed"},
      {std::string(100, '\xff'), "malformed"},
  };
  for (const auto& [bytes, result] : bad) {
    for (const size_t step : kSteps) {
      Reading reading;
      const auto results =
          reading.Read(preamble + Header(0, 0) + bytes + "more", step);
      ASSERT_EQ(results.size(), 3u);
      EXPECT_EQ(results[2], result) << step;
      // For good.
      EXPECT_EQ(reading.Read("", 1), std::vector<std::string>{result});
    }
  }
  Reading reading;
  EXPECT_EQ(reading.Read(
                std::string("GET / HTTP/1.1\r\n") + std::string(100, 'x'), 20),
            std::vector<std::string>{"no preamble"});
}

TEST(Records, AreNotThereBeforeTheyAreWhole) {
  const std::string whole =
      Encode(SomePreamble()) + Header(0, 2000) + std::string(2000, 'x');
  for (const size_t cut : {0, 1, 63, 64, 67, 68, 69, 1000, 2067}) {
    Reading reading;
    EXPECT_EQ(reading.Read(whole.substr(0, cut), 1000).size(),
              cut >= kPreambleBytes ? 1u : 0u)
        << cut;
    EXPECT_TRUE(reading.frames.empty());
  }
}

TEST(Records, AreKeptWhileOthersRead) {
  // Two connections share the memory; one stops within what it has read.
  for (const size_t size : {10, 2000}) {
    ChunkPool chunks;
    RecordReader one(chunks, kMaxFrame);
    RecordReader two(chunks, kMaxFrame);
    const auto feed = [](RecordReader& reader, const std::string& bytes) {
      const RecordReader::Room room = reader.MakeRoom();
      ASSERT_GE(room.size, bytes.size());
      std::memcpy(room.data, bytes.data(), bytes.size());
      reader.Filled(bytes.size());
    };
    RecordReader::Record record;
    const std::string frame =
        Header(0, static_cast<uint32_t>(size)) + std::string(size, 'x');
    feed(one, Encode(SomePreamble()) + frame + frame);
    ASSERT_EQ(one.Next(record), Result::kPreamble);
    ASSERT_EQ(one.Next(record), Result::kFrame);
    one.Keep();
    feed(two, std::string(20000, 'y'));
    EXPECT_EQ(two.Next(record), Result::kNoPreamble);
    ASSERT_EQ(one.Next(record), Result::kFrame);
    EXPECT_EQ(record.bytes.view(), std::string(size, 'x'));
    EXPECT_EQ(one.Next(record), Result::kNothing);
  }
}

TEST(ChunkPool, UsesAgainWhatIsFree) {
  ChunkPool chunks;
  const ChunkPool::Room first = chunks.Next();
  chunks.Take(1000);
  EXPECT_EQ(chunks.Next().data, first.data);
  std::shared_ptr<const void> lease = ChunkPool::Lease(first.chunk);
  chunks.Take(1000);
  EXPECT_EQ(chunks.Next().data, first.data + 1000);
  chunks.Take(Chunk::kBytes - 1000);
  const ChunkPool::Room second = chunks.Next();
  EXPECT_NE(second.chunk, first.chunk);
  const std::shared_ptr<const void> other = ChunkPool::Lease(second.chunk);
  chunks.Take(Chunk::kBytes);
  lease = nullptr;
  EXPECT_EQ(chunks.Next().chunk, first.chunk);
}

TEST(RecordQueue, GoesOnWhereItWasCut) {
  RecordQueue queue;
  queue.Push(RecordKind::kFrame, Frame{Bytes::Copy("ab"), Bytes::Copy("cde")});
  queue.Push(RecordKind::kFrame, Frame{{}, Bytes::Copy("f")});
  const std::string all = Written(queue);
  EXPECT_EQ(all, Header(0, 5) + "abcde" + Header(0, 1) + "f");
  EXPECT_GT(queue.cost(), 6u);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(Written(queue), all.substr(i));
    EXPECT_FALSE(queue.empty());
    queue.Written(1);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.cost(), 0u);
}

}  // namespace
}  // namespace raft_cluster::internal::stream
