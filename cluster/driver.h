// Run() in pieces, for a loop of your own (epoll, asio, libuv ...): calls a
// handler with what waits, whenever the loop finds a descriptor readable.
//
//   Ticker ticker;
//   raft_cluster::Driver driver(*server, ticker);
//   absl::StatusOr<int> fd = driver.fd();
//   if (!fd.ok()) return Fail(fd.status());
//   absl::Status status;
//   while (!driver.done()) {
//     pollfd polled = {*fd, POLLIN, 0};  // Beside all else that you poll.
//     poll(&polled, 1, /*timeout=*/-1);
//     status = driver.Turn();
//   }
//
// The same handler runs under Run() and in the simulator (cluster/handler.h).
//
// Thread rule: Post() from any thread; all else from one at a time, which is
// the one that the handler is called on.
#ifndef RAFT_CLUSTER_DRIVER_H_
#define RAFT_CLUSTER_DRIVER_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/cluster/handler.h"
#include "raft/cluster/server.h"

namespace raft_cluster {

class Driver {
 public:
  // Calls nothing yet. Both outlive this.
  Driver(Server& server, Handler& handler);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Readable, level-triggered, while there is something to call the handler
  // with: its start, an envelope, an event, a posted function, a timer that is
  // due; and for good once done(), or once the server has ended. To be polled;
  // never to be read from, written to or closed. Made by the first call, and
  // ends with this.
  // RESOURCE_EXHAUSTED: too few descriptors are left; may be asked for again.
  // FAILED_PRECONDITION: this process was forked off the server's.
  absl::StatusOr<int> fd();

  // Calls the handler with what there is, and never waits. After a number of
  // calls it returns, so that the rest of the loop has its turn, too; then fd()
  // is still readable. May also be called when it is not.
  // OK, unless it is over, and then what Run() would answer; once more at each
  // further call. REQUIRES: the handler is not being called.
  absl::Status Turn();

  // The handler was stopped, or the server has ended: nothing is called any
  // more, and Turn() says why.
  bool done() const;

  // Server::Post() of the server.
  absl::Status Post(std::function<void(Context&)> function);

 private:
  friend absl::Status Run(Server& server, Handler& handler);
  class State;

  // True if the handler was called. Waits up to `timeout` for that.
  bool Call(absl::Duration timeout);

  const std::unique_ptr<State> state_;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_DRIVER_H_
