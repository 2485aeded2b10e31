#include "raft/transport/zeromq/monitor.h"

#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "raft/transport/zeromq/socket.h"

namespace raft_cluster::internal {
namespace zeromq {

std::unique_ptr<Monitor> Monitor::Watch(Environment& environment,
                                        zmq::socket_t& socket, int events,
                                        uint64_t cookie) {
  std::unique_ptr<Monitor> monitor(new Monitor(environment, socket));
  const std::string name =
      absl::StrCat("inproc://monitor-", ++environment.monitors);
  if (Uninterrupted([&] {
        return zmq_socket_monitor(socket.handle(), name.c_str(), events);
      }) != 0) {
    return nullptr;
  }
  monitor->socket_ = OpenSocket(environment.context, zmq::socket_type::pair);
  if (!monitor->socket_ || !SetOption(monitor->socket_, ZMQ_LINGER, 0) ||
      // No bound: at one, libzmq's thread would wait until somebody reads, and
      // with it all connections. What comes is read at each Poll().
      !SetOption(monitor->socket_, ZMQ_RCVHWM, 0) ||
      !Connect(monitor->socket_, name)) {
    return nullptr;
  }
  // Its descriptor tells of nothing before it has once been found empty.
  PendingEvents(monitor->socket_);
  if (!environment.events.Add(Descriptor(monitor->socket_), cookie)) {
    return nullptr;
  }
  return monitor;
}

Monitor::~Monitor() {
  if (socket_) environment_.events.Remove(Descriptor(socket_));
  // Before its far end is closed: libzmq would go on telling nobody.
  Uninterrupted(
      [&] { return zmq_socket_monitor(watched_.handle(), nullptr, 0); });
}

void Monitor::Wait(std::chrono::nanoseconds timeout) {
  zmq_pollitem_t items[] = {{socket_.handle(), 0, ZMQ_POLLIN, 0}};
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  zmq_poll(items, 1, static_cast<long>(std::max<int64_t>(ms, 0)));  // NOLINT
}

bool Monitor::Next(Event* event) {
  for (;;) {
    zmq::message_t told;
    zmq::message_t address;
    if (zmq_msg_recv(told.handle(), socket_.handle(), ZMQ_DONTWAIT) < 0) {
      if (errno == EINTR || (PendingEvents(socket_) & ZMQ_POLLIN) != 0) {
        continue;
      }
      return false;
    }
    // Our own end of the connection, which is no news.
    zmq_msg_recv(address.handle(), socket_.handle(), ZMQ_DONTWAIT);
    // Number and value, unaligned.
    if (told.size() != sizeof(event->number) + sizeof(event->value)) continue;
    const char* data = static_cast<const char*>(told.data());
    std::memcpy(&event->number, data, sizeof(event->number));
    std::memcpy(&event->value, data + sizeof(event->number),
                sizeof(event->value));
    return true;
  }
}

}  // namespace zeromq
}  // namespace raft_cluster::internal
