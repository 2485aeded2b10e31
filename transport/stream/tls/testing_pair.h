// Two TLS channels over a pair of sockets, for tests: one has dialled, the
// other was called.
//
//   TestPair pair(ContextOf(keys_2, 2), ContextOf(keys_1, 1));
//   pair.Shake();
//   EXPECT_EQ(pair.acceptor().proven(), 2);
//
// Thread rule: one thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_TESTING_PAIR_H_
#define RAFT_TRANSPORT_STREAM_TLS_TESTING_PAIR_H_

#include <memory>
#include <string>

#include "raft/base/pid.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/stream/tls/context.h"
#include "raft/transport/stream/tls/tls_channel.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {

// Of keys that are good; the test ends otherwise.
std::shared_ptr<const Context> ContextOf(const TransportKeys& keys, Pid self);

// Two sockets that are connected and do not block.
void ConnectedSockets(OwnedFd& one, OwnedFd& other);

class TestPair {
 public:
  TestPair(std::shared_ptr<const Context> dialler,
           std::shared_ptr<const Context> acceptor, Pid called = 1);
  // With what other pairs share, too; both outlive it.
  TestPair(Shared* dialler, Shared* acceptor, Pid called);

  TlsChannel& dialler() { return *dialler_; }
  TlsChannel& acceptor() { return *acceptor_; }
  // Ends one of them.
  void EndDialler() { dialler_.reset(); }
  void EndAcceptor() { acceptor_.reset(); }

  // Until both are done or have ended. Then the one that has dialled reads, if
  // the other one has ended: only so does it get to know.
  void Shake();
  // How it is for each since then.
  stream::Progress dialled() const { return dialled_; }
  stream::Progress accepted() const { return accepted_; }

 private:
  void Connect(Shared* dialler, Shared* acceptor, Pid called);

  Shared dialler_own_;
  Shared acceptor_own_;
  std::unique_ptr<TlsChannel> dialler_;
  std::unique_ptr<TlsChannel> acceptor_;
  stream::Progress dialled_ = stream::Progress::kAgain;
  stream::Progress accepted_ = stream::Progress::kAgain;
};

// All of `text`, or as much as the channel takes now: how much that was.
size_t WriteSome(TlsChannel& channel, const std::string& text);
// What is there now.
std::string ReadAll(TlsChannel& channel);

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_TESTING_PAIR_H_
