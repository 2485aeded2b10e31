// Pipes that nobody reads, or that somebody reads late.
#include "raft/cmd/top/output.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/cmd/latch.h"

namespace raft_cluster::internal {
namespace {

using Outcome = Output::Outcome;

class OutputTest : public testing::Test {
 protected:
  OutputTest() {
    signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(pipe(fds_), 0);
  }
  ~OutputTest() override {
    CloseReader();
    close(fds_[1]);
  }
  void CloseReader() {
    if (fds_[0] >= 0) close(fds_[0]);
    fds_[0] = -1;
  }
  // Up to the size that it asks for.
  std::string Read(size_t size) const {
    std::string all(size, '\0');
    for (size_t done = 0; done < size;) {
      const ssize_t got = read(fds_[0], &all[done], size - done);
      if (got <= 0) return all.substr(0, done);
      done += static_cast<size_t>(got);
    }
    return all;
  }

  int fds_[2];
  Latch end;
  const std::string much_ = std::string(size_t{1} << 20, 'x');
};

TEST_F(OutputTest, WaitsForAReaderThatIsLate) {
  Output output(
      fds_[1], [] { return std::vector<int>(); }, [] { return false; });
  std::string read;
  std::thread reader([&] { read = Read(much_.size()); });
  EXPECT_EQ(output.Write(much_), Outcome::kWritten);
  reader.join();
  EXPECT_EQ(read, much_);
}

TEST_F(OutputTest, GivesUpWhenToldToWhileNobodyReads) {
  Output output(
      fds_[1], [this] { return std::vector<int>{end.fd()}; },
      [] { return true; });
  std::thread teller([this] { end.Set(); });
  EXPECT_EQ(output.Write(much_), Outcome::kGivenUp);
  teller.join();
}

TEST_F(OutputTest, GoesOnIfWokenForNothing) {
  Output output(
      fds_[1], [this] { return std::vector<int>{end.fd()}; },
      [this] {
        eventfd_t count;
        eventfd_read(end.fd(), &count);
        return false;
      });
  end.Set();
  std::thread reader([this] { EXPECT_EQ(Read(much_.size()), much_); });
  EXPECT_EQ(output.Write(much_), Outcome::kWritten);
  reader.join();
}

TEST_F(OutputTest, IsPatientForNoLongerThanItIsTold) {
  Output output(
      fds_[1], [] { return std::vector<int>(); }, [] { return false; });
  EXPECT_EQ(output.Write(much_, absl::Milliseconds(20)), Outcome::kGivenUp);
}

TEST_F(OutputTest, FailsWhereTheReaderIsGone) {
  Output output(
      fds_[1], [] { return std::vector<int>(); }, [] { return false; });
  CloseReader();
  EXPECT_EQ(output.Write("hello"), Outcome::kFailed);
  EXPECT_EQ(errno, EPIPE);
}

}  // namespace
}  // namespace raft_cluster::internal
