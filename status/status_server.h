// A port on which people and machines look at a Server, over HTTP.
//
//   auto status = raft_cluster::StatusServer::Start("127.0.0.1:8001");
//   if (!status.ok()) return Fail(status.status());
//   (*status)->Show(server.get());
//
//   /          a page for people: peers, plots, events; updates itself
//   /metrics   for Prometheus (status/metrics.h)
//   /status    raft/proto/stats.proto as JSON
//   /history   each of the last 600 seconds: rates and delays, as JSON
//   /recorder  raft/proto/recording.proto as JSON: the last 4,096 events
//              and changes of the peers' states
//   /healthz   200 if the server moves frames; 503 and why, if it is late by
//              more than its failure timeout, closed or superseded
//   /readyz    200 if it is healthy and enough peers are up (?peers=3 says how
//              many), else 503
//
// Start it before the Server: a port that is taken ends the program before the
// server has joined. Until Show() all but the page answers 503.
//
// It only reads, and nothing that it shows is secret by itself: there are the
// addresses, states and counts of the servers, but no key and no message. There
// is no encryption and no password either, so listen on 127.0.0.1 and let a
// proxy or a tunnel do the rest. On such an address, requests by a name that
// is not this machine's are refused (421), so that no web site can read along
// through a browser.
//
// Strangers cost little: four threads answer, each for at most five seconds a
// request; requests above 8 KiB are refused; who comes while all are busy waits
// in a bounded line. The Server is asked only once a request is complete, so
// that slow clients keep nothing waiting but each other.
#ifndef RAFT_STATUS_STATUS_SERVER_H_
#define RAFT_STATUS_STATUS_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/cluster/server.h"

namespace raft_cluster {

struct StatusOptions {
  // How many peers have to be up for /readyz. Below 0: half of them, so that
  // with this one they are a majority.
  int ready_peers = -1;
};

// Thread rule: any method from any thread.
class StatusServer {
 public:
  // Listens on "host:port"; the host is an IPv4 address or "localhost", port 0
  // is any that is free. Asks once a second what the server did, on a thread of
  // its own. INVALID_ARGUMENT: no such address. UNAVAILABLE: it is in use or
  // cannot be bound. RESOURCE_EXHAUSTED: no more threads.
  static absl::StatusOr<std::unique_ptr<StatusServer>> Start(
      absl::string_view address, const StatusOptions& options = {});
  ~StatusServer();  // Waits for requests under way, up to 2 s each.
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  // From now on this server is shown; null: none. Returns when nobody asks the
  // former one any more. REQUIRES: `server` outlives this object, or the call
  // of Show() that replaces it.
  void Show(const Server* server);

  // "http://127.0.0.1:8001", with the port as bound.
  const std::string& url() const;
  // Others than this machine may reach it. Worth a warning.
  bool open_to_others() const;

 private:
  class Impl;
  explicit StatusServer(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace raft_cluster

#endif  // RAFT_STATUS_STATUS_SERVER_H_
