// Finds out why an address cannot be connected to, for carriers whose library
// does not say: tries once itself, and lets go at once.
//
//   ConnectProbe probe;
//   probe.Start("127.0.0.1", 10001);
//   ... a moment later ...
//   absl::Status why = probe.Result();  // Refused, no route, no answer yet ...
//
// Thread rule: one thread at a time. Nothing blocks.
#ifndef RAFT_TRANSPORT_NET_CONNECT_PROBE_H_
#define RAFT_TRANSPORT_NET_CONNECT_PROBE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace raft_cluster::internal {

// What connect() failed of, by `error` (errno). RESOURCE_EXHAUSTED: no
// descriptor was left. UNAVAILABLE: what the system says.
absl::Status ConnectError(int error);

class ConnectProbe {
 public:
  ConnectProbe() = default;
  ~ConnectProbe() { Stop(); }
  ConnectProbe(const ConnectProbe&) = delete;
  ConnectProbe& operator=(const ConnectProbe&) = delete;
  ConnectProbe(ConnectProbe&& other) noexcept;

  // Over tcp, to a numeric address. Whatever went before is forgotten.
  void Start(const std::string& address, uint16_t port);
  // Over a Unix socket.
  void StartPath(const std::string& path);
  void Stop();

  bool started() const { return started_; }
  // OK: somebody answers there. RESOURCE_EXHAUSTED: no descriptor was left.
  // DEADLINE_EXCEEDED: no answer yet. UNAVAILABLE: what the system says.
  // REQUIRES: started().
  absl::Status Result();

 private:
  void Connect(const void* address, uint32_t size, int family);

  bool started_ = false;
  int fd_ = -1;
  int error_ = 0;  // Of socket() or connect().
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_NET_CONNECT_PROBE_H_
