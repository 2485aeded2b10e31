#include "raft/transport/shm/shm_channel.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/base/random.h"
#include "raft/transport/shm/memory.h"
#include "raft/transport/shm/testing_channels.h"

namespace raft_cluster::internal::shm {
namespace {

using testing::HasSubstr;

TEST(ShmChannel, CarriesBytesBothWays) {
  const Pair pair = Connected();
  EXPECT_EQ(Write(*pair.dialled, "there").bytes, 5u);
  EXPECT_EQ(Write(*pair.accepted, "and back").bytes, 8u);
  EXPECT_EQ(Read(*pair.accepted), "there");
  EXPECT_EQ(Read(*pair.dialled), "and back");
  EXPECT_TRUE(pair.accepted->pending()) << "it has not asked to be woken";
  EXPECT_EQ(ReadNothing(*pair.accepted), Progress::kAgain);
  EXPECT_FALSE(pair.accepted->pending());
  EXPECT_FALSE(pair.accepted->wants_write());
}

TEST(ShmChannel, RingsOnlyForWhoSleeps) {
  const Pair pair = Connected();
  EXPECT_FALSE(IsRung(*pair.accepted));
  Write(*pair.dialled, "1");
  EXPECT_TRUE(IsRung(*pair.accepted)) << "it has not looked yet";
  EXPECT_EQ(Read(*pair.accepted), "1");
  EXPECT_FALSE(IsRung(*pair.accepted)) << "it was heard";
  EXPECT_TRUE(pair.accepted->pending());
  Write(*pair.dialled, "2");
  EXPECT_FALSE(IsRung(*pair.accepted)) << "it is awake";
  EXPECT_EQ(Read(*pair.accepted), "2");
  EXPECT_EQ(ReadNothing(*pair.accepted), Progress::kAgain);
  EXPECT_FALSE(pair.accepted->pending());

  Write(*pair.dialled, "3");
  Write(*pair.dialled, "4");
  EXPECT_TRUE(IsRung(*pair.accepted));
  EXPECT_EQ(Read(*pair.accepted), "34");
  EXPECT_FALSE(IsRung(*pair.accepted));
}

// One that sleeps right after the handshake, as a transport may.
TEST(ShmChannel, RingsForTheFirstBytes) {
  auto sockets = Sockets();
  auto dialled = ShmChannel::Dialled(std::move(sockets.first));
  auto accepted = ShmChannel::Accepted(std::move(sockets.second));
  ASSERT_EQ(dialled->Handshake(), Progress::kAgain);
  ASSERT_EQ(accepted->Handshake(), Progress::kDone);
  ASSERT_EQ(Write(*accepted, "early").progress, Progress::kDone);
  ASSERT_EQ(dialled->Handshake(), Progress::kDone);
  EXPECT_TRUE(IsRung(*dialled) || dialled->pending());
  ASSERT_EQ(Write(*dialled, "early").progress, Progress::kDone);
  EXPECT_TRUE(IsRung(*accepted) || accepted->pending());
  EXPECT_EQ(Read(*accepted), "early");
  EXPECT_EQ(Read(*dialled), "early");
}

TEST(ShmChannel, TellsOfRoom) {
  const Pair pair = Connected();
  ASSERT_EQ(Write(*pair.dialled, std::string(2 * kRingBytes, 'x')).bytes,
            kRingBytes);
  EXPECT_EQ(Write(*pair.dialled, "y").progress, Progress::kAgain);
  EXPECT_EQ(Read(*pair.accepted, kRingBytes / 4).size(), kRingBytes / 4);
  EXPECT_FALSE(IsRung(*pair.dialled)) << "not for so little";
  EXPECT_EQ(Read(*pair.accepted, kRingBytes / 4).size(), kRingBytes / 4);
  EXPECT_TRUE(IsRung(*pair.dialled));
  EXPECT_EQ(ReadNothing(*pair.dialled), Progress::kAgain);
  EXPECT_FALSE(IsRung(*pair.dialled));
  EXPECT_EQ(Write(*pair.dialled, "y").progress, Progress::kDone);
}

// One that sleeps whenever it can, against one that does too.
TEST(ShmChannel, NoWakeUpIsLostInManyRoundTrips) {
  const Pair pair = Connected();
  constexpr int kTrips = 20000;
  std::thread echo([&] {
    std::string word(8, '\0');
    for (int i = 0; i < kTrips; ++i) {
      ASSERT_TRUE(ReadAll(*pair.accepted, word)) << "at " << i;
      ASSERT_TRUE(WriteAll(*pair.accepted, word));
    }
  });
  std::string word(8, '\0');
  for (int i = 0; i < kTrips; ++i) {
    const std::string sent = std::to_string(10000000 + i);
    ASSERT_TRUE(WriteAll(*pair.dialled, sent));
    ASSERT_TRUE(ReadAll(*pair.dialled, word)) << "at " << i;
    ASSERT_EQ(word, sent);
  }
  echo.join();
}

// The ring is full most of the time, and empty now and then.
TEST(ShmChannel, NoWakeUpIsLostWhereTheRingIsFull) {
  const Pair pair = Connected();
  constexpr uint64_t kTotal = 100 << 20;
  std::thread writing([&] {
    SplitMix64 random(1);
    for (uint64_t at = 0; at < kTotal;) {
      const size_t size = std::min<uint64_t>(
          random.Below(uint64_t{1} << random.Between(1, 22)) + 1, kTotal - at);
      ASSERT_TRUE(WriteAll(*pair.accepted,
                           std::string(size, static_cast<char>(at % 251))))
          << "at " << at;
      at += size;
    }
  });
  SplitMix64 sizes(1);
  for (uint64_t at = 0; at < kTotal;) {
    const size_t size = std::min<uint64_t>(
        sizes.Below(uint64_t{1} << sizes.Between(1, 22)) + 1, kTotal - at);
    std::string bytes(size, '\0');
    ASSERT_TRUE(ReadAll(*pair.dialled, bytes)) << "at " << at;
    ASSERT_TRUE(bytes == std::string(size, static_cast<char>(at % 251)))
        << "at " << at;
    at += size;
  }
  writing.join();
}

TEST(ShmChannel, ReadsWhatIsLeftOfOneThatHasGone) {
  Pair pair = Connected();
  Write(*pair.dialled, "last words");
  pair.dialled.reset();
  EXPECT_TRUE(IsRung(*pair.accepted));
  EXPECT_EQ(Read(*pair.accepted, 4), "last");
  EXPECT_EQ(Read(*pair.accepted), " words");
  ReadNothing(*pair.accepted);
  EXPECT_TRUE(IsRung(*pair.accepted));
  EXPECT_EQ(ReadNothing(*pair.accepted), Progress::kClosed);
  EXPECT_EQ(ReadNothing(*pair.accepted), Progress::kClosed);
  EXPECT_EQ(Write(*pair.accepted, "x").progress, Progress::kClosed);
}

// A process that is killed while it writes as fast as it can.
TEST(ShmChannel, NoticesAtOnceThatAProcessIsKilled) {
  auto sockets = Sockets();
  const pid_t child = fork();
  if (child == 0) {
    sockets.second = OwnedFd();
    auto writer = ShmChannel::Dialled(std::move(sockets.first));
    while (writer->Handshake() == Progress::kAgain) {
    }
    for (char at = 0;; ++at) {
      if (!WriteAll(*writer, std::string(5000, at))) _exit(1);
    }
  }
  sockets.first = OwnedFd();
  auto reader = ShmChannel::Accepted(std::move(sockets.second));
  while (reader->Handshake() == Progress::kAgain) {
    pollfd fd = {reader->fd(), POLLIN, 0};
    ASSERT_EQ(poll(&fd, 1, kPatienceMs), 1);
  }
  std::string bytes(64 << 10, '\0');
  uint64_t at = 0;
  const auto read = [&] {
    const Io io = reader->Read(&bytes[0], bytes.size());
    for (size_t i = 0; i < io.bytes; ++i, ++at) {
      EXPECT_EQ(bytes[i], static_cast<char>(at / 5000));
      if (bytes[i] != static_cast<char>(at / 5000)) return Progress::kFailed;
    }
    return io.progress;
  };
  while (at < 10 * kRingBytes) {
    const Progress progress = read();
    ASSERT_TRUE(progress == Progress::kDone ||
                (progress == Progress::kAgain && Sleep(*reader)));
  }
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  Progress progress;
  do {
    progress = read();
  } while (progress == Progress::kDone ||
           (progress == Progress::kAgain && Sleep(*reader)));
  EXPECT_EQ(progress, Progress::kClosed);
}

TEST(ShmChannel, SaysWhyTheHandshakeFailed) {
  auto sockets = Sockets();
  auto accepted = ShmChannel::Accepted(std::move(sockets.first));
  ASSERT_EQ(send(sockets.second.get(), "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
  EXPECT_EQ(accepted->Handshake(), Progress::kFailed);
  EXPECT_THAT(std::string(accepted->why().message()), HasSubstr("shm://"));
  EXPECT_EQ(accepted->Handshake(), Progress::kFailed);
  EXPECT_EQ(ReadNothing(*accepted), Progress::kFailed);
  EXPECT_FALSE(accepted->pending());

  auto dialled = ShmChannel::Dialled(std::move(sockets.second));
  EXPECT_EQ(dialled->Handshake(), Progress::kFailed);
  EXPECT_THAT(std::string(dialled->why().message()),
              HasSubstr("has not taken the shared memory"));
}

}  // namespace
}  // namespace raft_cluster::internal::shm
