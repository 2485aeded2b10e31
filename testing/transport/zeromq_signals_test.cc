// Signals that come while libzmq is called: every call that may be interrupted
// is, as often as not, and nobody notices.

#include <dlfcn.h>
#include <zmq.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/node.h"
#include "raft/testing/transport/own_address.h"
#include "raft/transport/frame.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/zeromq.h"

namespace {

int interrupted = 0;

// Of the thread that runs the test; libzmq's own are left alone.
thread_local bool is_tested = false;

// A call by the test or by the transport, not by libzmq within one.
class Call {
 public:
  Call() { ++depth_; }
  ~Call() { --depth_; }
  // True for every other one: a signal has come.
  bool IsInterrupted() {
    if (!is_tested || depth_ > 1) return false;
    is_turn_ = !is_turn_;
    if (!is_turn_) return false;
    ++interrupted;
    errno = EINTR;
    return true;
  }

 private:
  static thread_local int depth_;
  static thread_local bool is_turn_;
};

thread_local int Call::depth_ = 0;
thread_local bool Call::is_turn_ = false;

template <typename Function>
Function* Original(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// In place of libzmq's, for all that is in this process.
extern "C" int zmq_bind(void* socket, const char* endpoint) {
  static auto* const original = Original<decltype(zmq_bind)>("zmq_bind");
  Call call;
  return call.IsInterrupted() ? -1 : original(socket, endpoint);
}
extern "C" int zmq_connect(void* socket, const char* endpoint) {
  static auto* const original = Original<decltype(zmq_connect)>("zmq_connect");
  Call call;
  return call.IsInterrupted() ? -1 : original(socket, endpoint);
}
extern "C" int zmq_socket_monitor(void* socket, const char* endpoint,
                                  int events) {
  static auto* const original =
      Original<decltype(zmq_socket_monitor)>("zmq_socket_monitor");
  Call call;
  return call.IsInterrupted() ? -1 : original(socket, endpoint, events);
}
extern "C" int zmq_setsockopt(void* socket, int option, const void* value,
                              size_t size) {
  static auto* const original =
      Original<decltype(zmq_setsockopt)>("zmq_setsockopt");
  Call call;
  return call.IsInterrupted() ? -1 : original(socket, option, value, size);
}
extern "C" int zmq_getsockopt(void* socket, int option, void* value,
                              size_t* size) {
  static auto* const original =
      Original<decltype(zmq_getsockopt)>("zmq_getsockopt");
  Call call;
  return call.IsInterrupted() ? -1 : original(socket, option, value, size);
}
extern "C" int zmq_msg_send(zmq_msg_t* part, void* socket, int flags) {
  static auto* const original =
      Original<decltype(zmq_msg_send)>("zmq_msg_send");
  Call call;
  return call.IsInterrupted() ? -1 : original(part, socket, flags);
}
extern "C" int zmq_msg_recv(zmq_msg_t* part, void* socket, int flags) {
  static auto* const original =
      Original<decltype(zmq_msg_recv)>("zmq_msg_recv");
  Call call;
  return call.IsInterrupted() ? -1 : original(part, socket, flags);
}

namespace raft_cluster::internal {
namespace {

TEST(ZeroMqSignals, InterruptNothing) {
  is_tested = true;
  TransportUnderTest under_test;
  under_test.open = ZeroMqTransport();
  under_test.fresh_url = [] {
    return ParseUrl(absl::StrCat(OwnAddress(), ":0")).value();
  };
  Node a(under_test);
  Node b(under_test);
  Link(a, 2, b);
  const std::string large = Pattern(100000);
  Frame frame = Text("head");
  frame.body = Bytes::Copy(large);
  ASSERT_TRUE(SendPatiently(a, 2, frame, {&b}));
  EXPECT_TRUE(
      RunUntil({&a, &b}, [&] { return b.CountOf("head" + large) == 1; }));
  EXPECT_GT(interrupted, 0);
}

}  // namespace
}  // namespace raft_cluster::internal
