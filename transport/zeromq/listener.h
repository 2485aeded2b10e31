// The one address on which a transport listens: a ROUTER that receives the
// frames of all who connect, and answers them.
//
// Thread rule: under the transport's lock. Nothing throws; only Bind() waits.
#ifndef TRANSPORT_ZEROMQ_LISTENER_H_
#define TRANSPORT_ZEROMQ_LISTENER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "transport/transport.h"
#include "transport/url.h"
#include "transport/zeromq/connection.h"
#include "transport/zeromq/ipc_path.h"
#include "transport/zeromq/lookup.h"
#include "transport/zeromq/message.h"

namespace raft {
namespace zeromq {

class Listener {
 public:
  // A host name is resolved first, for which this waits some seconds at most.
  // UNAVAILABLE: the address cannot be bound, or the name not be resolved.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(
      Environment& environment, const Url& url, Resolver& resolver,
      uint64_t key);
  ~Listener();

  // As bound: the port is known.
  const Url& url() const { return url_; }

  Receipt Receive(Incoming& incoming);
  // `routing_id`: of a frame that was received here.
  SendResult Reply(absl::string_view routing_id, const Frame& frame);
  // There are frames, which the events may no longer report after a Reply().
  bool readable() { return (PendingEvents(router_) & ZMQ_POLLIN) != 0; }

 private:
  explicit Listener(Environment& environment) : environment_(environment) {}

  absl::Status Open(const Url& url, uint64_t key);
  absl::Status BindTcp(const Url& url, Resolver& resolver);
  absl::Status BindIpc(const Url& url);
  absl::Status ReadPort(const Url& url);

  Environment& environment_;
  zmq::socket_t router_;
  // Given back before the router closes.
  std::unique_ptr<IpcPath> ipc_path_;
  Url url_;
};

}  // namespace zeromq
}  // namespace raft

#endif  // TRANSPORT_ZEROMQ_LISTENER_H_
