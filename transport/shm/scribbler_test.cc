// A process that does the handshake as it should, and then writes nonsense into
// the memory that it shares.

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/base/random.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/shm/handover.h"
#include "raft/transport/shm/memory.h"
#include "raft/transport/shm/shm_channel.h"
#include "raft/transport/shm/testing_channels.h"

namespace raft_cluster::internal::shm {
namespace {

using testing::HasSubstr;

class Scribbler : public testing::Test {
 protected:
  void SetUp() override {
    auto sockets = Sockets();
    socket_ = std::move(sockets.first);
    channel_ = ShmChannel::Accepted(std::move(sockets.second));
    absl::StatusOr<Memory::Made> made = Memory::Make(kRingBytes);
    ASSERT_TRUE(made.ok()) << made.status();
    memory_ = std::move(made->memory);
    ASSERT_TRUE(SendHello(socket_.get(), made->fd, kRingBytes).ok());
    close(made->fd);
    ASSERT_EQ(channel_->Handshake(), Progress::kDone);
    ASSERT_TRUE(ReceiveAnswer(socket_.get())->ok());
  }

  RingControl& read() { return *memory_->control(0); }
  RingControl& written() { return *memory_->control(1); }

  OwnedFd socket_;
  std::unique_ptr<Memory> memory_;
  std::unique_ptr<ShmChannel> channel_;
};

TEST_F(Scribbler, EndsOnlyItsOwnConnectionByAWriter) {
  for (const uint64_t nonsense : {uint64_t{kRingBytes} + 1, uint64_t{1} << 40,
                                  std::numeric_limits<uint64_t>::max()}) {
    read().written = nonsense;
    EXPECT_EQ(ReadNothing(*channel_), Progress::kFailed);
    EXPECT_THAT(std::string(channel_->why().message()), HasSubstr("nonsense"));
    EXPECT_FALSE(channel_->pending());
    SetUp();
  }
}

TEST_F(Scribbler, EndsOnlyItsOwnConnectionByAReader) {
  written().taken = 1;
  // Large enough that it has a look.
  EXPECT_EQ(Write(*channel_, std::string(kRingBytes, 'x')).progress,
            Progress::kFailed);
  EXPECT_THAT(std::string(channel_->why().message()), HasSubstr("nonsense"));
  EXPECT_EQ(Write(*channel_, "x").progress, Progress::kFailed);
}

TEST_F(Scribbler, KeepsNobodyAwakeWhoHasNothingToDo) {
  for (int i = 0; i < 100; ++i) {
    read().reader_sleeps = i % 3;
    written().reader_sleeps = 1;
    written().writer_waits = 1;
    EXPECT_EQ(Write(*channel_, "x").progress, Progress::kDone);
    EXPECT_EQ(ReadNothing(*channel_), Progress::kAgain);
    EXPECT_FALSE(channel_->pending());
  }
}

// A bell that is rung until nothing more goes in.
TEST_F(Scribbler, RingsWithoutEnd) {
  const std::string bells(1000, 'x');
  while (send(socket_.get(), bells.data(), bells.size(), MSG_DONTWAIT) > 0) {
  }
  int turns = 0;
  while (IsRung(*channel_)) {
    ASSERT_LT(++turns, 100000);
    EXPECT_EQ(ReadNothing(*channel_), Progress::kAgain);
  }
  EXPECT_GT(turns, 10) << "a bounded number each time";
}

// Its socket is closed, and somebody goes on to write all the same.
TEST_F(Scribbler, WritesAfterItsDeath) {
  socket_ = OwnedFd();
  std::string bytes(64 << 10, '\0');
  uint64_t total = 0;
  Io io = {};
  do {
    read().written = total + kRingBytes;
    io = channel_->Read(&bytes[0], bytes.size());
    total += io.bytes;
    ASSERT_LE(total, 3 * kRingBytes);
  } while (io.progress == Progress::kDone);
  EXPECT_EQ(io.progress, Progress::kClosed);
}

// All of the memory changes all the time, from a thread that stands for another
// process.
TEST_F(Scribbler, ScribblesAllTheTime) {
  std::atomic<bool> done{false};
  std::thread scribbling([&] {
    SplitMix64 random(1);
    while (!done) {
      RingControl& control = random.Chance(0.5) ? read() : written();
      const uint64_t number =
          random.Chance(0.9) ? random.Below(2 * kRingBytes) : random.Next();
      switch (random.Below(4)) {
        case 0:
          control.written = number;
          break;
        case 1:
          control.taken = number;
          break;
        case 2:
          control.start = number;
          break;
        default:
          control.reader_sleeps = control.writer_waits =
              static_cast<uint32_t>(number % 2);
      }
    }
  });
  std::string bytes(300000, '\0');
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (channel_->why().ok() && std::chrono::steady_clock::now() < deadline) {
    channel_->Read(&bytes[0], bytes.size());
    Write(*channel_, bytes.substr(0, 10000));
  }
  done = true;
  scribbling.join();
  EXPECT_EQ(channel_->why().code(), absl::StatusCode::kOutOfRange)
      << channel_->why();
  SetUp();
  EXPECT_EQ(Write(*channel_, "x").progress, Progress::kDone)
      << "the next connection is as good as any";
}

}  // namespace
}  // namespace raft_cluster::internal::shm
