// The descriptors of one transport: a bound UDP socket, and what wakes the
// thread that sleeps on it.
//
// Thread rule: Wait(), one thread at a time, and Wake() from any thread; the
// rest under the caller's lock.
#ifndef RAFT_EXAMPLES_UDP_SOCKET_H_
#define RAFT_EXAMPLES_UDP_SOCKET_H_

#include <netinet/in.h>

#include <chrono>  // NOLINT(build/c++11)
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/transport/frame.h"

namespace udp {

using Clock = std::chrono::steady_clock;  // Nobody sets it.

// What stands before the bytes of each datagram, in this machine's own order
// of bytes: none comes from another machine.
struct Header {
  enum Kind : uint8_t {
    kCall = 1,    // "I am `from`": asks for a conversation.
    kAnswer = 2,  // The answer: "and I am `to`'s partner `from`".
    kPiece = 3,   // A piece of a frame; `count` is Conversation::sent().
    kAsk = 4,     // "I have sent `count`: what have you seen?"
    kSeen = 5,    // "I have seen `count`."
    kBye = 6      // "There is no such conversation (any more)."
  };
  static constexpr uint32_t kMagic = 0x75647031;

  uint32_t magic = kMagic;
  uint8_t kind = 0;
  uint8_t begins = 0;  // The piece begins a frame ...
  uint8_t ends = 0;    // ... and ends one.
  uint8_t unused = 0;
  uint64_t to = 0;    // What the receiver calls the conversation; 0 in a call.
  uint64_t from = 0;  // What the sender calls it.
  uint64_t count = 0;
};

// The most that the system sends in one datagram over IPv4.
inline constexpr size_t kMaxDatagramBytes = 65507;
inline constexpr size_t kMaxPieceBytes = kMaxDatagramBytes - sizeof(Header);

struct Datagram {
  Header header;
  sockaddr_in from;
  absl::string_view piece;  // Good until the next Receive().
};

class Socket {
 public:
  Socket();
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Binds `address`, and resolves its port. UNAVAILABLE: it cannot be bound.
  // RESOURCE_EXHAUSTED: no descriptor is left.
  absl::Status Bind(sockaddr_in& address);
  // What the system keeps here for one who does not poll.
  size_t receive_buffer_bytes() const;

  // `length` bytes of the frame from `offset` on, or none. What the system has
  // no room for is lost, as anything may be that is sent.
  void Send(const sockaddr_in& to, const Header& header,
            const raft_cluster::Frame& frame = {}, size_t offset = 0,
            size_t length = 0);

  enum class Received { kDatagram, kMalformed, kNothing };
  // Never waits. Of what is malformed only `from` is there.
  Received Receive(Datagram& datagram);

  // When Wait() has to return at the latest; max(): never.
  void SetAlarm(Clock::time_point time);
  void Wait(absl::Duration timeout);
  void Wake();

 private:
  int fd_ = -1;
  int wake_ = -1;   // Readable: Wake() was called.
  int alarm_ = -1;  // Readable: the time has come.
  Clock::time_point alarm_time_ = Clock::time_point::max();
  std::vector<char> buffer_;
};

}  // namespace udp

#endif  // RAFT_EXAMPLES_UDP_SOCKET_H_
