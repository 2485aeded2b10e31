// Two channels over shared memory in one process, for tests of both.
//
// Thread rule: each channel in one thread.
#ifndef RAFT_TRANSPORT_SHM_TESTING_CHANNELS_H_
#define RAFT_TRANSPORT_SHM_TESTING_CHANNELS_H_

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/shm/shm_channel.h"
#include "raft/transport/stream/channel.h"

namespace raft_cluster::internal::shm {

using stream::Io;
using stream::Progress;

// A wake-up that takes longer has been lost.
inline constexpr int kPatienceMs = 60000;

struct Pair {
  std::unique_ptr<ShmChannel> dialled;
  std::unique_ptr<ShmChannel> accepted;
};

inline std::pair<OwnedFd, OwnedFd> Sockets() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {OwnedFd(fds[0]), OwnedFd(fds[1])};
}

inline Pair Connected() {
  auto sockets = Sockets();
  Pair pair = {ShmChannel::Dialled(std::move(sockets.first)),
               ShmChannel::Accepted(std::move(sockets.second))};
  EXPECT_EQ(pair.accepted->Handshake(), Progress::kAgain);
  EXPECT_EQ(pair.dialled->Handshake(), Progress::kAgain);
  EXPECT_EQ(pair.accepted->Handshake(), Progress::kDone);
  EXPECT_EQ(pair.dialled->Handshake(), Progress::kDone);
  return pair;
}

inline Io Write(ShmChannel& channel, std::string bytes) {
  const iovec part = {&bytes[0], bytes.size()};
  return channel.Write(&part, 1);
}

inline std::string Read(ShmChannel& channel, size_t size = 1000) {
  std::string bytes(size, '\0');
  const Io read = channel.Read(&bytes[0], size);
  bytes.resize(read.progress == Progress::kDone ? read.bytes : 0);
  return bytes;
}

inline Progress ReadNothing(ShmChannel& channel) {
  char byte;
  return channel.Read(&byte, 1).progress;
}

inline bool IsRung(const ShmChannel& channel) {
  pollfd fd = {channel.fd(), POLLIN, 0};
  return poll(&fd, 1, 0) == 1;
}

// As whoever has a transport does once there is nothing more to read. False:
// nobody wakes us.
inline bool Sleep(const ShmChannel& channel) {
  if (channel.pending()) return true;
  pollfd fd = {channel.fd(), POLLIN, 0};
  return poll(&fd, 1, kPatienceMs) == 1;
}

// These return false once that is impossible.
inline bool WriteAll(ShmChannel& channel, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const Io io = Write(channel, bytes.substr(at));
    if (io.progress == Progress::kDone) {
      at += io.bytes;
    } else if (io.progress != Progress::kAgain || !Sleep(channel)) {
      return false;
    } else {
      // Nobody sends anything this way: it is the bell, which has to be heard.
      ReadNothing(channel);
    }
  }
  return true;
}
inline bool ReadAll(ShmChannel& channel, std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const Io io = channel.Read(&bytes[at], bytes.size() - at);
    if (io.progress == Progress::kDone) {
      at += io.bytes;
    } else if (io.progress != Progress::kAgain || !Sleep(channel)) {
      return false;
    }
  }
  return true;
}

}  // namespace raft_cluster::internal::shm

#endif  // RAFT_TRANSPORT_SHM_TESTING_CHANNELS_H_
