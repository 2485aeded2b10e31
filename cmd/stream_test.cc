// A stream against pipes, files and sockets whose readers do not read.
#include "raft/cmd/stream.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

// Writes until nothing goes any more, and returns how much went.
size_t Fill(Stream& stream) {
  const std::string text(1000, 'x');
  size_t bytes = 0;
  for (;;) {
    const ssize_t size = stream.WriteSome(text);
    if (size < 0) return bytes;
    bytes += static_cast<size_t>(size);
  }
}

TEST(Stream, DoesNotWaitForTheReaderOfAPipe) {
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  Stream stream(fds[1], O_WRONLY);
  EXPECT_GE(Fill(stream), 4096u);
  EXPECT_EQ(errno, EAGAIN);
  // For all others the pipe is as it was.
  EXPECT_EQ(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);

  char buffer[8192];
  ASSERT_GT(read(fds[0], buffer, sizeof(buffer)), 0);
  EXPECT_GT(stream.WriteSome("more"), 0);
  close(fds[0]);
  close(fds[1]);
}

TEST(Stream, SaysThatTheReaderIsGone) {
  signal(SIGPIPE, SIG_IGN);
  int fds[2];
  ASSERT_EQ(pipe2(fds, O_CLOEXEC), 0);
  Stream stream(fds[1], O_WRONLY);
  close(fds[0]);
  EXPECT_EQ(stream.WriteSome("text"), -1);
  EXPECT_EQ(errno, EPIPE);
  close(fds[1]);
}

TEST(Stream, DoesNotWaitForTheReaderOfASocket) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  Stream stream(fds[0], O_WRONLY);
  EXPECT_GT(Fill(stream), 0u);
  EXPECT_EQ(errno, EAGAIN);
  close(fds[0]);
  close(fds[1]);
}

// poll() has called it readable, and somebody else was faster.
TEST(Stream, DoesNotWaitForWhatSomebodyElseHasRead) {
  int pipe_fds[2];
  int socket_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, socket_fds), 0);
  for (const int* fds : {pipe_fds, socket_fds}) {
    Stream stream(fds[0], O_RDONLY);
    char buffer[8];
    EXPECT_EQ(stream.ReadSome(buffer, sizeof(buffer)), -1);
    EXPECT_EQ(errno, EAGAIN);
    ASSERT_EQ(write(fds[1], "one", 3), 3);
    EXPECT_EQ(stream.ReadSome(buffer, sizeof(buffer)), 3);
    EXPECT_EQ(std::string(buffer, 3), "one");
    EXPECT_EQ(fcntl(fds[0], F_GETFL) & O_NONBLOCK, 0);
    close(fds[1]);
    EXPECT_EQ(stream.ReadSome(buffer, sizeof(buffer)), 0);
    close(fds[0]);
  }
}

TEST(Stream, ReadsAFileFromWhereItStands) {
  const std::string path = testing::TempDir() + "/stream-in";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(pwrite(fd, "one two", 7, 0), 7);
  ASSERT_EQ(lseek(fd, 4, SEEK_SET), 4);
  Stream stream(fd, O_RDONLY);
  char buffer[8];
  EXPECT_EQ(stream.ReadSome(buffer, sizeof(buffer)), 3);
  EXPECT_EQ(std::string(buffer, 3), "two");
  EXPECT_EQ(stream.ReadSome(buffer, sizeof(buffer)), 0);
  close(fd);
  unlink(path.c_str());
}

TEST(Stream, WritesToAFileWhereItStands) {
  const std::string path = testing::TempDir() + "/stream";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(write(fd, "one ", 4), 4);
  Stream stream(fd, O_WRONLY);
  EXPECT_EQ(stream.WriteSome("two "), 4);
  ASSERT_EQ(write(fd, "three", 5), 5);
  char text[14] = "";
  EXPECT_EQ(pread(fd, text, 13, 0), 13);
  EXPECT_STREQ(text, "one two three");
  close(fd);
  unlink(path.c_str());
}

}  // namespace
}  // namespace raft_cluster::internal
