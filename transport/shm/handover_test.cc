#include "raft/transport/shm/handover.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal::shm {
namespace {

using testing::HasSubstr;

int OpenDescriptors() {
  int count = 0;
  DIR* const folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

Hello GoodHello() {
  Hello hello = {};
  std::memcpy(hello.magic, kMagic, sizeof(hello.magic));
  hello.ring_bytes = kRingBytes;
  return hello;
}

// Memory as another process might make it.
int File(size_t size, int seals) {
  const int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  EXPECT_EQ(ftruncate(fd, static_cast<off_t>(size)), 0);
  EXPECT_EQ(fcntl(fd, F_ADD_SEALS, seals), 0);
  return fd;
}

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

size_t RightSize() {
  struct stat info = {};
  absl::StatusOr<Memory::Made> made = Memory::Make(kRingBytes);
  EXPECT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(fstat(made->fd, &info), 0);
  close(made->fd);
  return static_cast<size_t>(info.st_size);
}

class Handover : public testing::Test {
 protected:
  void SetUp() override {
    before_ = OpenDescriptors();
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    dialler_ = fds[0];
    listener_ = fds[1];
  }
  void TearDown() override {
    if (dialler_ >= 0) close(dialler_);
    close(listener_);
    EXPECT_EQ(OpenDescriptors(), before_) << "descriptors are left open";
  }

  // Sends what a dialler might, and closes `fds`.
  void Send(const std::string& bytes, const std::vector<int>& fds) {
    iovec part = {const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(100 * sizeof(int))] = {};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
      const size_t size = fds.size() * sizeof(int);
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(size);
      cmsghdr* const rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(size);
      std::memcpy(CMSG_DATA(rights), fds.data(), size);
    }
    ASSERT_EQ(sendmsg(dialler_, &message, 0),
              static_cast<ssize_t>(bytes.size()));
    for (const int fd : fds) close(fd);
  }
  void Send(const Hello& hello, const std::vector<int>& fds) {
    Send(std::string(reinterpret_cast<const char*>(&hello), sizeof(hello)),
         fds);
  }

  // What the listener makes of it, and what it says to the dialler.
  std::string Refusal() {
    auto hello = ReceiveHello(listener_);
    if (!hello.has_value()) return "nothing has come";
    if (hello->ok()) return "it was taken";
    EXPECT_TRUE(SendAnswer(listener_, hello->status()).ok());
    const absl::optional<absl::Status> answer = ReceiveAnswer(dialler_);
    EXPECT_TRUE(answer.has_value());
    if (answer.has_value()) {
      EXPECT_EQ(answer->code(), hello->status().code());
    }
    return std::string(hello->status().message());
  }

  int before_ = 0;
  int dialler_ = -1;
  int listener_ = -1;
};

TEST_F(Handover, BothMapTheSameMemory) {
  EXPECT_FALSE(ReceiveHello(listener_).has_value());
  absl::StatusOr<Memory::Made> made = Memory::Make(kRingBytes);
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_TRUE(SendHello(dialler_, made->fd, kRingBytes).ok());
  close(made->fd);
  EXPECT_FALSE(ReceiveAnswer(dialler_).has_value());
  auto hello = ReceiveHello(listener_);
  ASSERT_TRUE(hello.has_value());
  ASSERT_TRUE(hello->ok()) << hello->status();
  ASSERT_TRUE(SendAnswer(listener_, absl::OkStatus()).ok());
  const absl::optional<absl::Status> answer = ReceiveAnswer(dialler_);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->ok()) << *answer;
  Memory& other = ***hello;
  for (int ring : {0, 1}) {
    made->memory->control(ring)->written = 100 + ring;
    made->memory->bytes(ring)[kRingBytes - 1] = static_cast<char>('a' + ring);
  }
  for (int ring : {0, 1}) {
    EXPECT_EQ(other.control(ring)->written, 100u + ring);
    EXPECT_EQ(other.bytes(ring)[kRingBytes - 1], 'a' + ring);
  }
}

// With which a process that shrinks the file could end ours.
TEST_F(Handover, RefusesMemoryWhoseSizeIsNotSealed) {
  const size_t size = RightSize();
  for (const int seals :
       {0, F_SEAL_SHRINK, F_SEAL_GROW | F_SEAL_SEAL,
        F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_SHRINK | F_SEAL_SEAL}) {
    Send(GoodHello(), {File(size, seals)});
    EXPECT_THAT(Refusal(), HasSubstr("is not sealed")) << seals;
  }
}

TEST_F(Handover, RefusesMemoryOfAnotherSize) {
  const size_t size = RightSize();
  for (const size_t other :
       {size_t{0}, size - 1, size + 1, size / 2, 2 * size}) {
    Send(GoodHello(), {File(other, kSeals)});
    EXPECT_THAT(Refusal(), HasSubstr("another size")) << other;
  }
}

TEST_F(Handover, RefusesRingsThatCannotBe) {
  Hello hello = GoodHello();
  for (const uint64_t bytes :
       {uint64_t{0}, uint64_t{1}, uint64_t{kRingBytes} + 1,
        uint64_t{kMinRingBytes} / 2, uint64_t{kMaxRingBytes} * 2,
        uint64_t{1} << 63, ~uint64_t{0}, ~uint64_t{0} / 2 + 1}) {
    hello.ring_bytes = bytes;
    Send(hello, {File(RightSize(), kSeals)});
    EXPECT_THAT(Refusal(), HasSubstr("no power of two")) << bytes;
  }
}

TEST_F(Handover, RefusesWhatIsNoMemory) {
  int pipes[2];
  ASSERT_EQ(pipe2(pipes, O_CLOEXEC), 0);
  close(pipes[1]);
  Send(GoodHello(), {pipes[0]});
  EXPECT_THAT(Refusal(), HasSubstr("is no memory"));
  Send(GoodHello(), {open("/proc/self/exe", O_RDONLY | O_CLOEXEC)});
  EXPECT_NE(Refusal(), "it was taken");
  Send(GoodHello(), {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)});
  EXPECT_THAT(Refusal(), HasSubstr("is no memory"));
}

TEST_F(Handover, RefusesMemoryThatItCannotWriteTo) {
  Send(GoodHello(), {File(RightSize(), kSeals | F_SEAL_WRITE)});
  EXPECT_THAT(Refusal(), HasSubstr("cannot be written to"));
  const int fd = File(RightSize(), kSeals);
  const int read_only =
      open(absl::StrCat("/proc/self/fd/", fd).c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(read_only, 0);
  close(fd);
  Send(GoodHello(), {read_only});
  EXPECT_THAT(Refusal(), HasSubstr("cannot be written to"));
}

TEST_F(Handover, ClosesDescriptorsThatNobodyAskedFor) {
  const size_t size = RightSize();
  for (const int count : {2, 3, 8, 9, 20, 100}) {
    std::vector<int> fds;
    for (int i = 0; i < count; ++i) fds.push_back(File(size, kSeals));
    Send(GoodHello(), fds);
    EXPECT_THAT(Refusal(), HasSubstr("more than that")) << count;
    EXPECT_EQ(OpenDescriptors(), before_ + 2) << count;
  }
  Send(GoodHello(), {});
  EXPECT_THAT(Refusal(), HasSubstr("without memory"));
}

TEST_F(Handover, RefusesWhatIsNoHello) {
  const size_t size = RightSize();
  Send("x", {File(size, kSeals)});
  EXPECT_THAT(Refusal(), HasSubstr("cut short"));
  Send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", {});
  EXPECT_THAT(Refusal(), HasSubstr("something else"));
  char rest[100];
  EXPECT_GT(recv(listener_, rest, sizeof(rest), 0), 0);
  Hello hello = GoodHello();
  hello.version = 2;
  Send(hello, {File(size, kSeals)});
  EXPECT_THAT(Refusal(), HasSubstr("version is 2"));
  hello = GoodHello();
  hello.reserved_too = 1;
  Send(hello, {File(size, kSeals)});
  EXPECT_NE(Refusal(), "it was taken");
}

TEST_F(Handover, NoticesThatTheOtherOneHangsUp) {
  close(dialler_);
  dialler_ = -1;
  EXPECT_THAT(ReceiveHello(listener_)->status().message(),
              HasSubstr("hung up"));
}

TEST_F(Handover, DoesNotTakeAnythingForAnAnswer) {
  for (const char* said :
       {"x", "0123456789abcdef", "HTTP/1.1 400 Bad Request"}) {
    ASSERT_GT(send(listener_, said, std::strlen(said), 0), 0);
    const absl::optional<absl::Status> answer = ReceiveAnswer(dialler_);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->code(), absl::StatusCode::kInvalidArgument);
    char rest[100];
    recv(dialler_, rest, sizeof(rest), MSG_DONTWAIT);
  }
}

// The memory of a connection is made as it is used, and is that of one
// direction where the other one carries nothing.
TEST_F(Handover, MemoryThatIsNotUsedIsNotThere) {
  absl::StatusOr<Memory::Made> made = Memory::Make(kRingBytes);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto used = [&] {
    struct stat info = {};
    EXPECT_EQ(fstat(made->fd, &info), 0);
    return info.st_blocks * 512 / sysconf(_SC_PAGESIZE);
  };
  EXPECT_EQ(used(), 0);
  RingWriter writer(made->memory->control(0), made->memory->bytes(0),
                    kRingBytes);
  char byte = 'x';
  const iovec part = {&byte, 1};
  ASSERT_TRUE(writer.Write(&part, 1).ok());
  EXPECT_LE(used(), 2);
  close(made->fd);
}

// The system would send a signal that ends the process.
TEST_F(Handover, ALimitOfFileSizesIsAnError) {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  rlimit low = limit;
  low.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  const absl::Status status = Memory::Make(kRingBytes).status();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("ulimit -f"));
}

TEST_F(Handover, ALackOfDescriptorsIsAnError) {
  Send(GoodHello(), {File(RightSize(), kSeals)});
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit low = limit;
  low.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const absl::Status made = Memory::Make(kRingBytes).status();
  auto hello = ReceiveHello(listener_);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(made.code(), absl::StatusCode::kResourceExhausted) << made;
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->status().code(), absl::StatusCode::kResourceExhausted)
      << hello->status();
}

// Only root can become somebody else to try this.
TEST_F(Handover, RefusesAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // An abstract name that the system picks, which needs no folder.
  ASSERT_EQ(bind(socket, reinterpret_cast<sockaddr*>(&address),
                 sizeof(address.sun_family)),
            0);
  ASSERT_EQ(listen(socket, 1), 0);
  socklen_t size = sizeof(address);
  ASSERT_EQ(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size),
            0);
  const pid_t child = fork();
  if (child == 0) {
    const int caller = ::socket(AF_UNIX, SOCK_STREAM, 0);
    if (setuid(65534) != 0 ||
        connect(caller, reinterpret_cast<sockaddr*>(&address), size) != 0) {
      _exit(1);
    }
    absl::StatusOr<Memory::Made> made = Memory::Make(kRingBytes);
    // Root is good enough for them, so they do say hello.
    if (!made.ok() || !SendHello(caller, made->fd, kRingBytes).ok()) _exit(2);
    absl::optional<absl::Status> answer;
    while (!answer.has_value()) answer = ReceiveAnswer(caller);
    _exit(absl::IsPermissionDenied(*answer) ? 0 : 3);
  }
  const int called = accept4(socket, nullptr, nullptr, SOCK_CLOEXEC);
  ASSERT_GE(called, 0);
  absl::Status back = SendHello(called, socket, kRingBytes);
  EXPECT_EQ(back.code(), absl::StatusCode::kPermissionDenied) << back;
  absl::optional<absl::StatusOr<std::unique_ptr<Memory>>> hello;
  while (!hello.has_value()) hello = ReceiveHello(called);
  EXPECT_EQ(hello->status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(hello->status().message()),
              HasSubstr("of user 65534"));
  EXPECT_TRUE(SendAnswer(called, hello->status()).ok());
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  close(called);
  close(socket);
}

}  // namespace
}  // namespace raft_cluster::internal::shm
