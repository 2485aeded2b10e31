#include "raft/transport/shm/ring.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/base/random.h"
#include "raft/transport/shm/memory.h"

namespace raft_cluster::internal::shm {
namespace {

using testing::HasSubstr;

// A byte that says where in the stream it belongs.
char ByteAt(uint64_t position) {
  return static_cast<char>(position * 131 + (position >> 8) * 7);
}

std::string BytesFrom(uint64_t position, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = ByteAt(position + i);
  return bytes;
}

absl::StatusOr<size_t> WriteTo(RingWriter& writer, std::string bytes) {
  const iovec part = {&bytes[0], bytes.size()};
  return writer.Write(&part, 1);
}

// A ring within one process, both sides of it, with a byte on either side of
// the memory that nobody may touch.
class SmallRing {
 public:
  explicit SmallRing(size_t capacity)
      : bytes_(capacity + 2, '#'),
        writer(&control, &bytes_[1], capacity),
        reader(&control, &bytes_[1], capacity) {}
  ~SmallRing() {
    EXPECT_EQ(bytes_.front(), '#');
    EXPECT_EQ(bytes_.back(), '#');
  }

  RingControl control = {};

 private:
  std::string bytes_;

 public:
  RingWriter writer;
  RingReader reader;

  // What there is to read, up to `size`.
  std::string Read(size_t size) {
    std::string data(size, '\0');
    const absl::StatusOr<size_t> read = reader.Read(&data[0], size);
    EXPECT_TRUE(read.ok()) << read.status();
    data.resize(read.value_or(0));
    return data;
  }
  size_t Write(const std::string& bytes) {
    const absl::StatusOr<size_t> written = WriteTo(writer, bytes);
    EXPECT_TRUE(written.ok()) << written.status();
    return written.value_or(0);
  }
};

TEST(Ring, CarriesBytesInOrder) {
  SmallRing ring(16);
  EXPECT_TRUE(ring.reader.IsEmpty());
  EXPECT_EQ(ring.Read(10), "");
  EXPECT_EQ(ring.Write("hello"), 5u);
  EXPECT_FALSE(ring.reader.IsEmpty());
  EXPECT_EQ(ring.Read(2), "he");
  EXPECT_EQ(ring.Read(10), "llo");
  EXPECT_TRUE(ring.reader.IsEmpty());
}

TEST(Ring, TakesWhatThereIsRoomForAndNoMore) {
  SmallRing ring(16);
  EXPECT_EQ(ring.Write("0123456789"), 10u);
  EXPECT_EQ(ring.Write("abcdefghij"), 6u);
  EXPECT_EQ(ring.Write("x"), 0u);
  EXPECT_EQ(ring.Read(4), "0123");
  EXPECT_EQ(ring.Write("ABCDEFG"), 4u);
  EXPECT_EQ(ring.Read(100), "456789abcdefABCD");
}

TEST(Ring, WritesAllPartsInOneGo) {
  SmallRing ring(16);
  std::string one = "one", nothing, two = "two", four = "sixty-seventy";
  const iovec parts[] = {{&one[0], one.size()},
                         {&nothing[0], 0},
                         {&two[0], two.size()},
                         {&four[0], four.size()}};
  const absl::StatusOr<size_t> written = ring.writer.Write(parts, 4);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written, 16u);
  EXPECT_EQ(ring.Read(100), "onetwosixty-seve");
}

// Every size of write, of read, and every place to begin at.
TEST(Ring, KeepsTheStreamWhereverItWraps) {
  constexpr size_t kCapacity = 8;
  for (size_t write = 1; write <= kCapacity + 2; ++write) {
    for (size_t read = 1; read <= kCapacity + 2; ++read) {
      for (size_t left = 0; left < kCapacity; ++left) {
        SmallRing ring(kCapacity);
        uint64_t written = ring.Write(BytesFrom(0, left));
        uint64_t taken = 0;
        for (int i = 0; i < 40; ++i) {
          written += ring.Write(BytesFrom(written, write));
          const std::string bytes = ring.Read(read);
          ASSERT_EQ(bytes, BytesFrom(taken, bytes.size()));
          taken += bytes.size();
          ASSERT_LE(written - taken, kCapacity);
        }
        ASSERT_GT(taken, 0u);
      }
    }
  }
}

TEST(Ring, KeepsTheStreamInAnyOrderOfWritesAndReads) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SplitMix64 random(seed);
    SmallRing ring(size_t{1} << random.Between(0, 12));
    uint64_t written = 0;
    uint64_t taken = 0;
    for (int i = 0; i < 400; ++i) {
      const size_t size = size_t{1} << random.Below(13);
      if (random.Chance(0.5)) {
        written += ring.Write(BytesFrom(written, random.Below(size) + 1));
      } else {
        const std::string bytes = ring.Read(random.Below(size) + 1);
        ASSERT_EQ(bytes, BytesFrom(taken, bytes.size())) << "seed " << seed;
        taken += bytes.size();
      }
    }
    while (!ring.reader.IsEmpty()) taken += ring.Read(100).size();
    EXPECT_EQ(taken, written);
  }
}

// Where the reader keeps up, what is used of the memory are the first pages.
TEST(Ring, BeginsAtTheFrontAgainWhereItIsEmpty) {
  constexpr size_t kCapacity = size_t{1} << 20;
  const auto control = std::make_unique<RingControl>();
  std::string bytes(kCapacity, '#');
  RingWriter writer(control.get(), &bytes[0], kCapacity);
  RingReader reader(control.get(), &bytes[0], kCapacity);
  uint64_t at = 0;
  std::string read(1000, '\0');
  while (at < 3 * kCapacity) {
    const absl::StatusOr<size_t> written =
        WriteTo(writer, BytesFrom(at, read.size()));
    ASSERT_TRUE(written.ok());
    ASSERT_EQ(*written, read.size());
    ASSERT_EQ(reader.Read(&read[0], read.size()).value_or(0), read.size());
    ASSERT_EQ(read, BytesFrom(at, read.size()));
    at += read.size();
  }
  EXPECT_EQ(bytes.find_last_not_of('#') / (64 << 10), 0u)
      << "far behind the front";
}

// What the two do to sleep and to wake each other, in one thread.
TEST(Ring, RingsOnceForWhoSleeps) {
  SmallRing ring(16);
  ring.Write("x");
  EXPECT_FALSE(ring.writer.ReaderSleeps());
  EXPECT_FALSE(ring.reader.AskForBytes()) << "there is something to read";
  ring.Read(1);
  EXPECT_TRUE(ring.reader.AskForBytes());
  ring.Write("y");
  EXPECT_TRUE(ring.writer.ReaderSleeps());
  ring.Write("z");
  EXPECT_FALSE(ring.writer.ReaderSleeps()) << "has been woken";
}

TEST(Ring, RingsForRoomOnceHalfOfItIsFree) {
  SmallRing ring(16);
  EXPECT_FALSE(ring.writer.AskForRoom()) << "there is room";
  ring.Write("0123456789abcdef");
  EXPECT_FALSE(ring.writer.HasRoom());
  EXPECT_TRUE(ring.writer.AskForRoom());
  ring.Read(7);
  EXPECT_FALSE(ring.reader.WriterWaits());
  EXPECT_FALSE(ring.writer.HasRoom());
  ring.Read(1);
  EXPECT_TRUE(ring.writer.HasRoom());
  EXPECT_TRUE(ring.reader.WriterWaits());
  EXPECT_FALSE(ring.reader.WriterWaits()) << "has been woken";
}

// Positions that the other side cannot have come to.
TEST(Ring, ReaderRefusesWhereNoWriterCanBe) {
  for (const uint64_t nonsense :
       {uint64_t{0}, uint64_t{9}, uint64_t{3 + 17}, uint64_t{1} << 32,
        uint64_t{1} << 63, std::numeric_limits<uint64_t>::max()}) {
    SmallRing ring(16);
    ring.Write("0123456789");
    ring.Read(3);
    ring.control.written = nonsense;
    EXPECT_FALSE(ring.reader.IsEmpty()) << "or nobody would look";
    std::string data(32, '\0');
    const absl::Status status =
        ring.reader.Read(&data[0], data.size()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << nonsense;
    EXPECT_THAT(std::string(status.message()), HasSubstr("nonsense"));
  }
}

TEST(Ring, WriterRefusesWhereNoReaderCanBe) {
  for (const uint64_t nonsense :
       {uint64_t{0}, uint64_t{2}, uint64_t{20}, uint64_t{1} << 32,
        uint64_t{1} << 63, std::numeric_limits<uint64_t>::max()}) {
    SmallRing ring(16);
    ring.Write("0123456789abcdef");
    ring.Read(3);
    EXPECT_EQ(ring.Write("012345"), 3u);
    ring.control.taken = nonsense;
    const absl::Status status = WriteTo(ring.writer, "6").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << nonsense;
    EXPECT_THAT(std::string(status.message()), HasSubstr("reader"));
  }
}

// A start from the other side only decides which bytes are read.
TEST(Ring, StaysWithinTheMemoryWhateverTheStartIs) {
  for (uint64_t start = 0; start < 40; ++start) {
    SmallRing ring(16);
    ring.Write("0123456789abcdef");
    ring.control.start = start * 0x123456789abcdef1;
    EXPECT_EQ(ring.Read(16).size(), 16u);
  }
}

TEST(Ring, IsWokenByNonsense) {
  SmallRing ring(16);
  ring.Write("0123456789abcdef");
  ring.control.taken = 1000;
  EXPECT_FALSE(ring.writer.AskForRoom());
  ring.control.written = 1000;
  EXPECT_FALSE(ring.reader.AskForBytes());
}

// Two threads with a mapping each, as two processes have them. Neither sleeps.
TEST(Ring, CarriesBytesBetweenTwoThreads) {
  absl::StatusOr<Memory::Made> made = Memory::Make(kMinRingBytes);
  ASSERT_TRUE(made.ok()) << made.status();
  absl::StatusOr<std::unique_ptr<Memory>> other =
      Memory::Map(made->fd, kMinRingBytes);
  ASSERT_TRUE(other.ok()) << other.status();
  close(made->fd);
  constexpr uint64_t kTotal = 20 << 20;
  std::thread writing([&] {
    RingWriter writer(made->memory->control(0), made->memory->bytes(0),
                      kMinRingBytes);
    SplitMix64 random(1);
    for (uint64_t at = 0; at < kTotal;) {
      const size_t size = std::min<uint64_t>(
          random.Below(uint64_t{1} << random.Between(1, 17)) + 1, kTotal - at);
      const absl::StatusOr<size_t> written =
          WriteTo(writer, BytesFrom(at, size));
      ASSERT_TRUE(written.ok()) << written.status();
      if (*written == 0) std::this_thread::yield();
      at += *written;
    }
  });
  RingReader reader((*other)->control(0), (*other)->bytes(0), kMinRingBytes);
  SplitMix64 random(2);
  std::string data(1 << 17, '\0');
  for (uint64_t at = 0; at < kTotal;) {
    const absl::StatusOr<size_t> read =
        reader.Read(&data[0], random.Below(data.size()) + 1);
    ASSERT_TRUE(read.ok()) << read.status();
    if (*read == 0) std::this_thread::yield();
    ASSERT_TRUE(BytesFrom(at, *read) == data.substr(0, *read)) << "at " << at;
    at += *read;
  }
  writing.join();
}

}  // namespace
}  // namespace raft_cluster::internal::shm
