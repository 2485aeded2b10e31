#include "raft/transport/zeromq/message.h"

#include <dlfcn.h>
#include <poll.h>
#include <zmq.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "raft/transport/zeromq/socket.h"
#include "zmq.hpp"

namespace {

// What happens before the last of several parts is handed to libzmq.
std::function<void()> before_last_part;

// Parts before the last one that had memory beside the zmq_msg_t.
int parts_with_memory = 0;

bool HasMemory(zmq_msg_t* part) {
  const char* const data = static_cast<const char*>(zmq_msg_data(part));
  const char* const message = reinterpret_cast<const char*>(part);
  return data < message || data >= message + sizeof(*part);
}

}  // namespace

// In place of libzmq's, for all that is in this process.
extern "C" int zmq_msg_send(zmq_msg_t* part, void* socket, int flags) {
  using Send = int (*)(zmq_msg_t*, void*, int);
  static const auto send =
      reinterpret_cast<Send>(dlsym(RTLD_NEXT, "zmq_msg_send"));
  static bool is_within_message = false;
  const bool is_last = (flags & ZMQ_SNDMORE) == 0;
  if (is_last && is_within_message && before_last_part) {
    std::exchange(before_last_part, nullptr)();
  }
  is_within_message = !is_last;
  if (!is_last && HasMemory(part)) ++parts_with_memory;
  return send(part, socket, flags);
}

namespace raft_cluster::internal {
namespace zeromq {
namespace {

constexpr int kPatienceMs = 30000;
constexpr size_t kLimit = size_t{1} << 20;
// Of a size that goes by reference, behind a head that a frame may have.
constexpr size_t kHeadBytes = 86;
constexpr size_t kBodyBytes = 100000;

Frame LargeFrame() {
  return {Bytes::Own(std::string(kHeadBytes, 'h')),
          Bytes::Own(std::string(kBodyBytes, 'b'))};
}

class Message : public ::testing::Test {
 protected:
  void SetUp() override {
    router_.set(zmq::sockopt::linger, 0);
    router_.bind("tcp://127.0.0.1:*");
    dealer_.set(zmq::sockopt::linger, 0);
    dealer_.set(zmq::sockopt::immediate, 1);
    dealer_.set(zmq::sockopt::reconnect_ivl, -1);
    dealer_.connect(router_.get(zmq::sockopt::last_endpoint));
    ASSERT_TRUE(Reports(dealer_, ZMQ_POLLOUT));
  }

  static bool Reports(zmq::socket_t& socket, short events) {
    zmq::pollitem_t item = {socket.handle(), 0, events, 0};
    return zmq::poll(&item, 1, std::chrono::milliseconds(kPatienceMs)) == 1;
  }

  std::shared_ptr<Budget> budget_ =
      std::make_shared<Budget>(kLimit, /*on_room=*/[] {});
  zmq::context_t dealers_;
  zmq::context_t routers_;
  zmq::socket_t dealer_{dealers_, zmq::socket_type::dealer};
  zmq::socket_t router_{routers_, zmq::socket_type::router};
};

TEST_F(Message, ALargeFrameArrivesAsItWasSent) {
  const Frame frame = LargeFrame();
  ASSERT_EQ(SendFrame(dealer_, frame, budget_), SendResult::kSent);
  ASSERT_TRUE(Reports(router_, ZMQ_POLLIN));
  Incoming incoming;
  ASSERT_EQ(ReceiveFrame(router_, Sender::kStranger, kLimit, incoming),
            Receipt::kFrame);
  EXPECT_EQ(incoming.frame.head.view(), frame.head.view());
  EXPECT_EQ(incoming.frame.body.view(), frame.body.view());
}

// libzmq cannot reach the parts that it has, nor tell of it: what memory they
// have is lost.
TEST_F(Message, WhoseConnectionEndsBeforeItsLastPartLeavesNothingBehind) {
  bool has_ended = false;
  before_last_part = [&] {
    ASSERT_EQ(PendingEvents(dealer_) & ZMQ_POLLOUT, ZMQ_POLLOUT);
    router_.close();
    pollfd descriptor = {Descriptor(dealer_), POLLIN, 0};
    ASSERT_EQ(poll(&descriptor, 1, kPatienceMs), 1);
    // So long libzmq does not look at what it has been told: three million
    // ticks of the processor.
    absl::SleepFor(absl::Milliseconds(20));
    has_ended = true;
  };
  // Where libzmq has heard of all of the end, it drops the rest, and says that
  // it was sent.
  SendFrame(dealer_, LargeFrame(), budget_);
  EXPECT_TRUE(has_ended);
  EXPECT_EQ(PendingEvents(dealer_) & ZMQ_POLLOUT, 0) << "it is still there";
  dealer_.close();
  dealers_.close();
  EXPECT_EQ(parts_with_memory, 0);
  EXPECT_TRUE(budget_->Take(kLimit)) << "not all of it was given back";
}

}  // namespace
}  // namespace zeromq
}  // namespace raft_cluster::internal
