// What the processes at the other end of shared memory can do to a transport:
// write nonsense into it, and be killed in the middle of a frame.

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/transport/shm/handover.h"
#include "raft/transport/shm/memory.h"
#include "raft/transport/shm/ring.h"
#include "raft/transport/shm/shm.h"
#include "raft/transport/stream/preamble.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

Url FreshUrl() {
  static int count = 0;
  return ParseUrl(
             absl::StrCat("shm:///tmp/raft-shm-peers-", getpid(), "-", ++count))
      .value();
}

const TransportUnderTest& Shm() {
  static const auto* const under_test =
      new TransportUnderTest{ShmTransport(), FreshUrl};
  return *under_test;
}

// A caller that does the handshake, and then what a test likes.
class RawCaller {
 public:
  // `victim` is polled meanwhile.
  RawCaller(const Url& url, Node& victim)
      : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    url.address.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address),
                      sizeof(address)),
              0);
    absl::StatusOr<shm::Memory::Made> made = shm::Memory::Make(shm::kRingBytes);
    EXPECT_TRUE(made.ok()) << made.status();
    EXPECT_TRUE(shm::SendHello(socket_, made->fd, shm::kRingBytes).ok());
    close(made->fd);
    memory_ = std::move(made->memory);
    absl::optional<absl::Status> answer;
    EXPECT_TRUE(RunUntil({&victim}, [&] {
      answer = shm::ReceiveAnswer(socket_);
      return answer.has_value();
    }));
    EXPECT_TRUE(answer->ok()) << *answer;
    writer_ = std::make_unique<shm::RingWriter>(
        memory_->control(0), memory_->bytes(0), shm::kRingBytes);
  }
  ~RawCaller() { close(socket_); }

  void Write(std::string bytes) {
    const iovec part = {&bytes[0], bytes.size()};
    EXPECT_EQ(writer_->Write(&part, 1).value_or(0), bytes.size());
    Ring();
  }
  void Greet() {
    stream::Preamble preamble;
    preamble.self = 7;
    preamble.called = 1;
    preamble.max_frame_bytes = 1 << 20;
    Write(stream::Encode(preamble));
  }
  void Ring() { (void)!send(socket_, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT); }
  shm::RingControl& control(int number) { return *memory_->control(number); }

  bool IsHungUpOn() {
    char bells[256];
    ssize_t size;
    do {
      size = recv(socket_, bells, sizeof(bells), MSG_DONTWAIT);
    } while (size > 0);
    return size == 0 || (errno != EAGAIN && errno != EINTR);
  }

 private:
  const int socket_;
  std::unique_ptr<shm::Memory> memory_;
  std::unique_ptr<shm::RingWriter> writer_;
};

class ShmPeers : public testing::Test {
 protected:
  ShmPeers() : victim_(Shm()), friend_(Shm()) {
    Link(victim_, 2, friend_);
    Link(friend_, 1, victim_);
  }

  // Whoever has done this is cut off, and nobody else notices.
  void ExpectCutOff(RawCaller& caller) {
    EXPECT_TRUE(
        RunUntil({&victim_, &friend_}, [&] { return caller.IsHungUpOn(); }));
    const size_t before = victim_.frames.size();
    const size_t friends = friend_.frames.size();
    EXPECT_EQ(victim_->Send(2, Text("still there")), SendResult::kSent);
    EXPECT_EQ(friend_->Send(1, Text("so am I")), SendResult::kSent);
    EXPECT_TRUE(RunUntil({&victim_, &friend_}, [&] {
      return victim_.frames.size() == before + 1 &&
             friend_.frames.size() == friends + 1;
    }));
    EXPECT_EQ(victim_.connections[2], 1);
  }

  Node victim_;
  Node friend_;
};

TEST_F(ShmPeers, NonsenseInPlaceOfAPositionEndsOneConnection) {
  for (const bool greets : {false, true}) {
    for (const uint64_t nonsense :
         {uint64_t{shm::kRingBytes} + 1000, uint64_t{1} << 50,
          std::numeric_limits<uint64_t>::max()}) {
      RawCaller caller(victim_->url(), victim_);
      if (greets) caller.Greet();
      caller.control(0).written = nonsense;
      caller.Ring();
      ExpectCutOff(caller);
    }
  }
}

// Nobody looks at these as long as there is room; then at the other one.
TEST_F(ShmPeers, NonsenseOfAReaderHarmsNobody) {
  RawCaller caller(victim_->url(), victim_);
  caller.control(1).taken = uint64_t{1} << 40;
  caller.control(1).reader_sleeps = 12345;
  caller.control(0).writer_waits = 12345;
  caller.Greet();
  EXPECT_TRUE(RunUntil({&victim_, &friend_}, [&] {
    return caller.control(1).written >= stream::kPreambleBytes;
  }));
  caller.control(0).written = uint64_t{1} << 40;
  caller.Ring();
  ExpectCutOff(caller);
}

TEST_F(ShmPeers, NonsenseInPlaceOfRecordsEndsOneConnection) {
  RawCaller caller(victim_->url(), victim_);
  caller.Write(std::string(1000, 'x'));
  ExpectCutOff(caller);
  RawCaller greeting(victim_->url(), victim_);
  greeting.Greet();
  greeting.Write(std::string(1000, '\xff'));
  ExpectCutOff(greeting);
}

// The child is there before any thread is.
TEST(ShmDeath, APeerThatIsKilledWhileItSendsIsMissedAtOnce) {
  const Url mine = FreshUrl();
  const Url its = FreshUrl();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Node sender(Shm(), its);
    if (!sender->Connect({1, mine}).ok()) _exit(1);
    const Frame frame = Text(Pattern(70000));
    for (;;) {
      sender->Send(1, frame);
      if (!sender.Poll()) sender->Wait(absl::Milliseconds(1));
      sender.frames.clear();
    }
  }
  {
    Node receiver(Shm(), mine);
    ASSERT_TRUE(receiver->Connect({2, its}).ok());
    const std::string whole = Pattern(70000);
    EXPECT_TRUE(
        RunUntil({&receiver}, [&] { return receiver.frames.size() >= 200; }));
    const int resets = receiver.resets[2];
    EXPECT_EQ(kill(child, SIGKILL), 0);
    EXPECT_EQ(waitpid(child, nullptr, 0), child);
    // In far less time than any keepalive takes.
    EXPECT_TRUE(
        RunUntil({&receiver}, [&] { return receiver.resets[2] > resets; }));
    for (const Node::Arrived& arrived : receiver.frames) {
      ASSERT_TRUE(arrived.bytes() == whole) << "half a frame";
    }
    // Its place can be taken.
    Node next(Shm(), its);
    ASSERT_TRUE(next->Connect({1, mine}).ok());
    EXPECT_TRUE(SendPatiently(next, 1, Text("again"), {&receiver}));
    EXPECT_TRUE(RunUntil({&receiver, &next},
                         [&] { return receiver.CountOf("again") == 1; }));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
