#include "raft/transport/stream/plain.h"

#include <sys/socket.h>

#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal::stream {
namespace {

struct Pair {
  Pair() {
    int fds[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    near = std::make_unique<PlainChannel>(OwnedFd(fds[0]));
    far = std::make_unique<PlainChannel>(OwnedFd(fds[1]));
  }

  std::unique_ptr<PlainChannel> near;
  std::unique_ptr<PlainChannel> far;
};

Io Write(Channel& channel, std::string bytes) {
  const iovec part = {&bytes[0], bytes.size()};
  return channel.Write(&part, 1);
}

TEST(PlainChannel, CarriesBytesBothWays) {
  Pair pair;
  EXPECT_EQ(pair.near->Handshake(), Progress::kDone);
  std::string head = "he";
  std::string tail = "llo";
  const iovec parts[] = {{&head[0], 2}, {&tail[0], 3}};
  const Io written = pair.near->Write(parts, 2);
  EXPECT_EQ(written.progress, Progress::kDone);
  EXPECT_EQ(written.bytes, 5u);
  char buffer[10];
  const Io read = pair.far->Read(buffer, sizeof(buffer));
  EXPECT_EQ(read.progress, Progress::kDone);
  EXPECT_EQ(std::string(buffer, read.bytes), "hello");
  EXPECT_EQ(Write(*pair.far, "x").bytes, 1u);
  EXPECT_EQ(pair.near->Read(buffer, sizeof(buffer)).bytes, 1u);
}

TEST(PlainChannel, SaysWhenThereIsNothingAndWhenThereIsNoRoom) {
  Pair pair;
  char buffer[10];
  EXPECT_EQ(pair.near->Read(buffer, sizeof(buffer)).progress, Progress::kAgain);
  EXPECT_FALSE(pair.near->pending());
  EXPECT_FALSE(pair.near->wants_write());
  Io io;
  do {
    io = Write(*pair.near, std::string(100000, 'x'));
  } while (io.progress == Progress::kDone);
  EXPECT_EQ(io.progress, Progress::kAgain);
  EXPECT_EQ(io.bytes, 0u);
  EXPECT_TRUE(pair.near->wants_write());
  std::string large(10000000, '\0');
  while (pair.far->Read(&large[0], large.size()).progress == Progress::kDone) {
  }
  EXPECT_EQ(Write(*pair.near, "y").progress, Progress::kDone);
  EXPECT_FALSE(pair.near->wants_write());
}

TEST(PlainChannel, TellsTheEndAndAFailure) {
  Pair pair;
  EXPECT_EQ(Write(*pair.far, "last").bytes, 4u);
  pair.far = nullptr;
  char buffer[10];
  EXPECT_EQ(pair.near->Read(buffer, sizeof(buffer)).bytes, 4u);
  EXPECT_EQ(pair.near->Read(buffer, sizeof(buffer)).progress,
            Progress::kClosed);
  // No signal is raised.
  EXPECT_EQ(Write(*pair.near, "to nobody").progress, Progress::kFailed);
  EXPECT_FALSE(pair.near->why().ok());
}

}  // namespace
}  // namespace raft_cluster::internal::stream
