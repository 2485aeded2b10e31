// What a transport must live with: sockets that speak TCP, but not our
// language.
//
// Thread rule: one thread.
#ifndef RAFT_TESTING_TRANSPORT_RAW_PEER_H_
#define RAFT_TESTING_TRANSPORT_RAW_PEER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// A TCP connection to an IPv4 url, closed with this.
class RawClient {
 public:
  explicit RawClient(const Url& url);
  // Has this descriptor of a connection from now on.
  explicit RawClient(int fd) : fd_(fd), connected_(true) {}
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  // Never waits; what the other side does not take is dropped. Returns how much
  // it took.
  size_t Send(absl::string_view bytes);
  // The other side has ended the connection. Never waits; what it said before
  // is counted and dropped.
  bool HungUpOn();
  size_t heard_bytes() const { return heard_bytes_; }

 private:
  int fd_;
  bool connected_ = false;
  size_t heard_bytes_ = 0;
};

// A whole handshake of libzmq's without keys, as a socket of this type does it.
std::string PlainHandshake(absl::string_view socket_type = "DEALER");

// Parts of a message that never ends, wherever one begins to read.
std::string EndlessMessage(size_t size);

// Listens on a port of an IPv4 address.
class RawListener {
 public:
  explicit RawListener(const std::string& address);
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;

  Url url() const { return url_; }
  // Accepts one who has called, and hangs up. Never waits; false: nobody has.
  bool AcceptAndHangUp() { return Accept() != nullptr; }
  // One who has called. Never waits; null: nobody has.
  std::unique_ptr<RawClient> Accept();

 private:
  int fd_;
  Url url_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_TRANSPORT_RAW_PEER_H_
