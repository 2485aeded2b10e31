#include "raft/transport/zeromq/fault_signals.h"

#include <pthread.h>
#include <signal.h>
#include <zmq.h>

#include <type_traits>

#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// The only code of ours that runs on libzmq's threads is what frees a message.
// So a message is queued where nobody will take it, and its socket closed: who
// clears up then is the thread that is meant. All that it needs to know is who
// sent it, and that goes along as a number: there is no memory to share.
static_assert(sizeof(pthread_t) == sizeof(void*) &&
                  std::is_integral_v<pthread_t>,
              "a thread's handle goes for a pointer");

void UnblockFaultsHere(void* /*data*/, void* sender) {
  // The mask of the application's own thread is its own affair.
  if (pthread_equal(reinterpret_cast<pthread_t>(sender), pthread_self()) != 0) {
    return;
  }
  sigset_t faults;
  sigemptyset(&faults);
  for (const int fault :
       {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
    sigaddset(&faults, fault);
  }
  pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
}

void QueueErrand(zmq::socket_t& socket) {
  static char nothing = 0;
  zmq::message_t message(&nothing, 1, UnblockFaultsHere,
                         reinterpret_cast<void*>(pthread_self()));
  // Where it is not taken, it is freed at once, on this very thread.
  Uninterrupted([&] {
    return zmq_msg_send(message.handle(), socket.handle(), ZMQ_DONTWAIT);
  });
}

// What waits for a connection belongs to the I/O thread.
void SendToIoThread(zmq::context_t& context) {
  zmq::socket_t socket = OpenSocket(context, zmq::socket_type::dealer);
  if (!socket || !SetOption(socket, ZMQ_LINGER, 0) ||
      !SetOption(socket, ZMQ_RECONNECT_IVL, -1) ||
      !Connect(socket, "ipc:///dev/null/nobody")) {
    return;
  }
  QueueErrand(socket);
}

// What a closed socket has not received belongs to the reaper.
void SendToReaper(zmq::context_t& context) {
  constexpr char kName[] = "inproc://faults";
  zmq::socket_t receiver = OpenSocket(context, zmq::socket_type::pair);
  zmq::socket_t sender = OpenSocket(context, zmq::socket_type::pair);
  if (!receiver || !sender || !SetOption(sender, ZMQ_LINGER, 0) ||
      !Bind(receiver, kName) || !Connect(sender, kName)) {
    return;
  }
  QueueErrand(sender);
  // Or it would not know of what has been sent.
  PendingEvents(receiver);
}

}  // namespace

void UnblockFaults(zmq::context_t& context) {
  SendToIoThread(context);
  SendToReaper(context);
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
