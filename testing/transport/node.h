// One side of a test of transports: a transport that remembers what it hands
// out, and a way to let several of them run until something has come true.
//
//   Node a(transport_under_test);
//   Node b(transport_under_test);
//   Link(a, 2, b);                     // a can send to b, as its peer 2.
//   EXPECT_EQ(a->Send(2, Text("hello")), SendResult::kSent);
//   EXPECT_TRUE(RunUntil({&a, &b}, [&] { return b.frames.size() == 1; }));
//
// Thread rule: one thread, except for what a test locks itself.
#ifndef RAFT_TESTING_TRANSPORT_NODE_H_
#define RAFT_TESTING_TRANSPORT_NODE_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/testing/transport/conformance.h"
#include "raft/testing/transport/resources.h"
#include "raft/transport/frame.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

// Everything that a test waits for takes far less; a test that has to wait this
// long has failed.
constexpr absl::Duration kPatience = absl::Seconds(60);

class Node : public Receiver {
 public:
  struct Arrived {
    Origin origin;
    Frame frame;
    std::string bytes() const;  // Head and body.
  };

  // Listens on a fresh url. The spec's limits may be changed by `adjust`.
  explicit Node(const TransportUnderTest& under_test,
                const std::function<void(TransportSpec&)>& adjust = nullptr);
  // Listens on this very url.
  Node(const TransportUnderTest& under_test, const Url& url);

  Transport* operator->() { return transport.get(); }
  // Whether there was anything.
  bool Poll();
  // The time that passes in Wait().
  absl::Time Now() const;

  void OnFrame(const Origin& origin, Frame frame) override;
  void OnReset(Pid peer, bool up) override;
  void OnTrouble(Pid peer, const absl::Status& why) override;
  void OnTurnedAway(TurnedAway why, Pid peer,
                    const std::string& address) override;

  size_t CountOf(absl::string_view bytes) const;  // Frames that are this.

  std::unique_ptr<Transport> transport;
  std::vector<Arrived> frames;
  // Reported for each peer: all resets, and those with a new connection.
  std::map<Pid, int> resets;
  std::map<Pid, int> connections;
  std::map<Pid, std::vector<absl::Status>> troubles;
  std::map<TurnedAway, int> refused;

 private:
  const std::function<absl::Time()> virtual_now_;
  int events_ = 0;  // Frames and resets so far.
};

// A url that can be connected to, on which nobody listens (any more).
Url AbsentUrl(const TransportUnderTest& under_test);

Frame Text(absl::string_view bytes);  // All of it in the head.
// Bytes that differ from place to place and from `seed` to `seed`.
std::string Pattern(size_t size, int seed = 0);

// Polls all until `condition`; false if it is not met in time.
bool RunUntil(const std::vector<Node*>& nodes,
              const std::function<bool()>& condition,
              absl::Duration patience = kPatience);

// Sends, and polls meanwhile, until the transport takes the frame; false if it
// does not in time.
bool SendPatiently(Node& from, Pid to, const Frame& frame,
                   const std::vector<Node*>& others);

// Connects `from` to `to` and lets a first frame through, which does not show
// in `frames`.
void Link(Node& from, Pid as, Node& to);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_TRANSPORT_NODE_H_
