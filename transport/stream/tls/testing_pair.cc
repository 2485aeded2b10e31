#include "raft/transport/stream/tls/testing_pair.h"

#include <sys/socket.h>

#include <cstdlib>
#include <iostream>
#include <utility>

namespace raft_cluster::internal::tls {
namespace {

using stream::Progress;

// Far more than the messages of a handshake.
constexpr int kMaxSteps = 100;

}  // namespace

std::shared_ptr<const Context> ContextOf(const TransportKeys& keys, Pid self) {
  auto context = Context::Create(keys, self);
  if (!context.ok()) {
    std::cerr << context.status() << std::endl;
    std::abort();
  }
  return *std::move(context);
}

void ConnectedSockets(OwnedFd& one, OwnedFd& other) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) !=
      0) {
    std::cerr << "socketpair fails" << std::endl;
    std::abort();
  }
  one = OwnedFd(fds[0]);
  other = OwnedFd(fds[1]);
}

TestPair::TestPair(std::shared_ptr<const Context> dialler,
                   std::shared_ptr<const Context> acceptor, Pid called) {
  dialler_own_.context = std::move(dialler);
  acceptor_own_.context = std::move(acceptor);
  Connect(&dialler_own_, &acceptor_own_, called);
}

TestPair::TestPair(Shared* dialler, Shared* acceptor, Pid called) {
  Connect(dialler, acceptor, called);
}

void TestPair::Connect(Shared* dialler, Shared* acceptor, Pid called) {
  OwnedFd one;
  OwnedFd other;
  ConnectedSockets(one, other);
  dialler_ = std::make_unique<TlsChannel>(std::move(one), dialler, called);
  acceptor_ = std::make_unique<TlsChannel>(std::move(other), acceptor, 0);
}

void TestPair::Shake() {
  for (int i = 0; i < kMaxSteps; ++i) {
    if (dialled_ == Progress::kAgain) dialled_ = dialler_->Handshake();
    if (accepted_ == Progress::kAgain) accepted_ = acceptor_->Handshake();
  }
  if (dialled_ == Progress::kDone && accepted_ != Progress::kDone) {
    char byte;
    dialled_ = dialler_->Read(&byte, 1).progress;
  }
}

size_t WriteSome(TlsChannel& channel, const std::string& text) {
  const iovec part = {const_cast<char*>(text.data()), text.size()};
  return channel.Write(&part, 1).bytes;
}

std::string ReadAll(TlsChannel& channel) {
  std::string all;
  char some[10000];
  for (;;) {
    const stream::Io io = channel.Read(some, sizeof(some));
    if (io.progress != Progress::kDone) return all;
    all.append(some, io.bytes);
  }
}

}  // namespace raft_cluster::internal::tls
