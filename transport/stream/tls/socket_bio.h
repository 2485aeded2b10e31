// How OpenSSL reads from a socket of ours, and writes to it: without SIGPIPE,
// without waiting, and with as few calls of the system as may be.
//
// What OpenSSL writes is collected in a buffer that many sockets share and
// handed over by Flush(); what the socket does not take then is kept here until
// the next Flush(). So OpenSSL itself never has to wait for a socket.
//
// Thread rule: those that share a buffer, under one lock.
#ifndef RAFT_TRANSPORT_STREAM_TLS_SOCKET_BIO_H_
#define RAFT_TRANSPORT_STREAM_TLS_SOCKET_BIO_H_

#include <cstddef>
#include <string>

#include "raft/transport/stream/tls/openssl.h"

namespace raft_cluster::internal::tls {

class SocketBio {
 public:
  // What more than this waits for a peer that does not read is not kept: then
  // OpenSSL's write fails. Far more than a batch, or any handshake.
  static constexpr size_t kMaxBacklogBytes = size_t{512} << 10;

  // Neither owns `fd`, which does not block, nor `shared`; both outlive it.
  SocketBio(int fd, std::string* shared) : fd_(fd), shared_(shared) {}
  SocketBio(const SocketBio&) = delete;
  SocketBio& operator=(const SocketBio&) = delete;

  // A new one for OpenSSL, which reads and writes here. Null: no memory.
  Owned<BIO> NewBio();

  // Hands over what was written. False: the socket takes no more, see
  // write_error(). What it holds to be read stays there.
  bool Flush();
  // What waits until the socket takes it.
  bool empty() const { return backlog_.empty(); }
  // Since the last Flush().
  size_t written_bytes() const { return shared_->size(); }

  // From now on OpenSSL may read so much; then it is told that nothing is
  // there. So nobody who sends what makes no bytes of ours, such as one new key
  // after the other, can keep it.
  void AllowToRead(size_t bytes) { may_read_bytes_ = bytes; }

  bool at_end() const { return at_end_; }  // The far end has ended it.
  // The last read was given all that it had asked for.
  bool may_have_more() const { return may_have_more_; }
  // An errno; 0: none so far.
  int read_error() const { return read_error_; }
  int write_error() const { return write_error_; }

  // Ends our direction and throws away what has come: where unread bytes are
  // left, to close would throw away what we have sent, too.
  void EndPolitely();

 private:
  friend struct BioCalls;
  // As a BIO has them.
  int Read(char* into, int size, bool& retry);
  int Write(const char* bytes, int size);
  // How many bytes the socket takes now; -1: it has failed.
  ssize_t Send(const char* bytes, size_t size);

  const int fd_;
  std::string* const shared_;
  std::string backlog_;
  size_t may_read_bytes_ = 0;
  bool at_end_ = false;
  bool may_have_more_ = false;
  int read_error_ = 0;
  int write_error_ = 0;
};

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_SOCKET_BIO_H_
