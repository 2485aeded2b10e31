#include "raft/transport/zeromq/fault_signals.h"

#include <pthread.h>
#include <signal.h>
#include <zmq.h>

#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {
namespace {

// The only code of ours that runs on libzmq's threads is what frees a message.
// So a message is queued where nobody will take it, and its socket closed: who
// clears up then is the thread that is meant.
class Errand {
 public:
  static void Queue(zmq::socket_t& socket) {
    auto* const errand = new Errand;
    zmq::message_t message(&errand->sender_, 1, Run, errand);
    // Where it is not taken, it is freed at once, on this very thread.
    Uninterrupted([&] {
      return zmq_msg_send(message.handle(), socket.handle(), ZMQ_DONTWAIT);
    });
  }

 private:
  static void Run(void* /*data*/, void* hint) {
    const auto* errand = static_cast<Errand*>(hint);
    // The mask of the application's own thread is its own affair.
    if (pthread_equal(errand->sender_, pthread_self()) == 0) {
      sigset_t faults;
      sigemptyset(&faults);
      for (const int fault :
           {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) {
        sigaddset(&faults, fault);
      }
      pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
    }
    delete errand;
  }

  pthread_t sender_ = pthread_self();
};

// What waits for a connection belongs to the I/O thread.
void SendToIoThread(zmq::context_t& context) {
  zmq::socket_t socket = OpenSocket(context, zmq::socket_type::dealer);
  if (!socket || !SetOption(socket, ZMQ_LINGER, 0) ||
      !SetOption(socket, ZMQ_RECONNECT_IVL, -1) ||
      !Connect(socket, "ipc:///dev/null/nobody")) {
    return;
  }
  Errand::Queue(socket);
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
  Errand::Queue(sender);
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
