// Those who connect to the listener and do not get through the handshake: who
// speak something else, give up, are too slow, or have no key.
//
// libzmq tells of connections by their descriptors, and of failures without
// saying whose; here that is put together. What it ends without a word about a
// failure counts as one only if it cannot have been a connection that was good
// and silent.
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_INBOUND_CONNECTIONS_H_
#define RAFT_TRANSPORT_ZEROMQ_INBOUND_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "raft/transport/zeromq/environment.h"
#include "raft/transport/zeromq/inflow.h"
#include "raft/transport/zeromq/monitor.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

class InboundConnections {
 public:
  // Null: the system has no descriptor left.
  static std::unique_ptr<InboundConnections> Watch(Environment& environment,
                                                   zmq::socket_t& router,
                                                   uint64_t cookie);

  // A message was taken that came over the connection with this descriptor.
  void HandedOut(int fd);
  // The same, and it was a frame of somebody who is known, by this key.
  void Heard(int fd, Pid proven, const std::string& key);
  // Tells why each has failed who has since the last call, and its address, or
  // "".
  void Update(
      absl::FunctionRef<void(TurnedAway why, const std::string& address)>
          failed);
  // "127.0.0.1:40122"; "" for one that came just now, has gone, or has none.
  std::string AddressOf(int fd) const;
  // Ends each connection at this port of which libzmq has held more than
  // `limit_bytes` since the last call (inflow.h), and tells its address.
  // Returns whether there may be more of them, so that it is to be called again
  // soon.
  bool EndEndless(uint16_t port, size_t limit_bytes,
                  absl::FunctionRef<void(const std::string& address)> ended);
  // Ends the connection at this port.
  void End(uint16_t port, int fd);
  // The same of all but those that were heard and are `good` by their key.
  void EndAllBut(
      uint16_t port,
      absl::FunctionRef<bool(Pid proven, const std::string& key)> good);
  // As of the last EndEndless(): Inflow::flows() of one of them.
  bool flows() const { return flows_; }
  // The socket was told to stop listening. False: it is not known that it has.
  bool WaitUntilClosed(absl::Duration timeout);

 private:
  InboundConnections(Environment& environment, std::unique_ptr<Monitor> monitor)
      : environment_(environment), monitor_(std::move(monitor)) {}

  struct Caller {
    std::string address;
    bool heard = false;
    Pid proven = 0;  // Once it was heard.
    std::string key;
    bool ended = false;  // By this server.
    Inflow inflow;
  };

  Environment& environment_;
  const std::unique_ptr<Monitor> monitor_;
  std::map<int, Caller> inbound_;  // By descriptor.
  bool flows_ = false;
  // The connection that is told of next has failed.
  bool failed_ = false;
  TurnedAway why_ = TurnedAway::kHandshake;
  // Connections of which libzmq knows more than that they came, and that have
  // neither been heard nor gone.
  int silent_ = 0;
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_INBOUND_CONNECTIONS_H_
