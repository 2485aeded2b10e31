// What becomes of messages that raw ZeroMQ has accepted, DEALER to DEALER over
// tcp, in situations that a cluster meets every day. docs/guarantees.md has the
// table.
//
//   bazel run -c opt //testing/raw_zeromq
//
// It takes about half a minute and uses loopback addresses only. Every figure
// is what was seen in this run; they differ from run to run.
#include <chrono>  // NOLINT(build/c++11)
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "raft/testing/proxy/proxy.h"
#include "raft/transport/url.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace {

using std::chrono::milliseconds;

constexpr int kMessages = 30000;
constexpr size_t kMessageBytes = 1000;

zmq::socket_t NewDealer(zmq::context_t& context) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  socket.set(zmq::sockopt::linger, 0);
  return socket;
}

std::string BindAnywhere(zmq::socket_t& socket) {
  socket.bind("tcp://127.0.0.1:*");
  return socket.get(zmq::sockopt::last_endpoint);
}

void SendNumber(zmq::socket_t& socket, uint64_t number) {
  zmq::message_t message(kMessageBytes);
  std::memset(message.data(), 0, message.size());
  std::memcpy(message.data(), &number, sizeof(number));
  socket.send(message, zmq::send_flags::none);
}

struct Tally {
  std::set<uint64_t> seen;
  int out_of_order = 0;
  int twice = 0;
  uint64_t last = 0;
};

// Takes until nothing has come for three seconds.
void TakeAll(zmq::socket_t& socket, Tally& tally) {
  socket.set(zmq::sockopt::rcvtimeo, 3000);
  zmq::message_t message;
  while (socket.recv(message).has_value()) {
    uint64_t number;
    std::memcpy(&number, message.data(), sizeof(number));
    if (number < tally.last) ++tally.out_of_order;
    tally.last = number;
    if (!tally.seen.insert(number).second) ++tally.twice;
  }
}

void Print(const char* situation, const std::string& result) {
  std::printf("%-52s %s\n", situation, result.c_str());
  std::fflush(stdout);
}

std::string Describe(const Tally& tally, int accepted) {
  const int lost = accepted - static_cast<int>(tally.seen.size());
  return std::to_string(accepted) + " accepted, " + std::to_string(lost) +
         " lost, " + std::to_string(tally.out_of_order) +
         " times an older one after a newer one";
}

// A receiver that does not read for three seconds, with ZeroMQ's own
// heartbeats on, as its manual advises.
void PausedReceiver() {
  zmq::context_t context;
  zmq::socket_t to = NewDealer(context), from = NewDealer(context);
  for (zmq::socket_t* socket : {&to, &from}) {
    socket->set(zmq::sockopt::heartbeat_ivl, 100);
    socket->set(zmq::sockopt::heartbeat_timeout, 300);
  }
  from.set(zmq::sockopt::sndhwm, 2 * kMessages);
  from.connect(BindAnywhere(to));
  for (uint64_t i = 1; i <= kMessages; ++i) SendNumber(from, i);
  std::this_thread::sleep_for(milliseconds(3000));
  Tally tally;
  TakeAll(to, tally);
  Print("the receiver pauses for 3 s, heartbeats on",
        Describe(tally, kMessages));
}

// A connection that is reset while messages are on their way.
void ResetConnection() {
  zmq::context_t context;
  zmq::socket_t to = NewDealer(context), from = NewDealer(context);
  const auto target = ParseUrl(BindAnywhere(to));
  if (!target.ok()) return;
  const auto proxy = TcpProxy::Start(*target);
  if (!proxy.ok()) return;
  from.set(zmq::sockopt::sndhwm, 2 * kMessages);
  from.connect((*proxy)->url().ToString());
  std::thread sending([&] {
    for (uint64_t i = 1; i <= kMessages; ++i) {
      SendNumber(from, i);
      if (i % (kMessages / 10) == 0) (*proxy)->CutAll(TcpProxy::Cut::kReset);
    }
  });
  Tally tally;
  TakeAll(to, tally);
  sending.join();
  Print("the connection is reset ten times", Describe(tally, kMessages));
}

// Binds to an address that libzmq is about to let go of.
void BindAgain(zmq::socket_t& socket, const std::string& address) {
  for (;;) {
    try {
      socket.bind(address);
      return;
    } catch (const zmq::error_t&) {
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
}

// A peer that ends and comes back under its address, and what its new life
// gets of what was meant for the old one.
void RestartedPeer() {
  constexpr int kWaiting = 1000;
  zmq::context_t context;
  zmq::socket_t from = NewDealer(context);
  auto to = std::make_unique<zmq::socket_t>(NewDealer(context));
  const std::string address = BindAnywhere(*to);
  from.set(zmq::sockopt::sndhwm, 2 * kWaiting);
  from.connect(address);
  SendNumber(from, 1);
  zmq::message_t message;
  (void)to->recv(message);
  to->close();
  to.reset();
  std::this_thread::sleep_for(milliseconds(100));
  for (uint64_t i = 1; i <= kWaiting; ++i) SendNumber(from, i);
  to = std::make_unique<zmq::socket_t>(NewDealer(context));
  BindAgain(*to, address);
  Tally tally;
  TakeAll(*to, tally);
  Print("the peer is restarted",
        std::to_string(tally.seen.size()) +
            " messages meant for its former life reach the new one, unmarked");
}

// The same with ZMQ_IMMEDIATE, which queues only for connections that are
// there. What the old life had not read is in flight when it ends.
void RestartedPeerWithImmediate() {
  constexpr int kInFlight = 1000;
  zmq::context_t context;
  zmq::socket_t from = NewDealer(context);
  auto to = std::make_unique<zmq::socket_t>(NewDealer(context));
  const std::string address = BindAnywhere(*to);
  from.set(zmq::sockopt::immediate, true);
  from.set(zmq::sockopt::sndhwm, 2 * kInFlight);
  from.connect(address);
  SendNumber(from, 1);
  zmq::message_t message;
  (void)to->recv(message);
  for (uint64_t i = 2; i < 2 + kInFlight; ++i) SendNumber(from, i);
  to->close();
  to.reset();
  std::this_thread::sleep_for(milliseconds(100));
  from.set(zmq::sockopt::sndtimeo, 1000);
  const bool waits = !from.send(
      zmq::message_t(std::string(kMessageBytes, '\0')), zmq::send_flags::none);
  to = std::make_unique<zmq::socket_t>(NewDealer(context));
  BindAgain(*to, address);
  Tally tally;
  TakeAll(*to, tally);
  Print("the same, with ZMQ_IMMEDIATE",
        std::to_string(kInFlight - static_cast<int>(tally.seen.size())) +
            " of " + std::to_string(kInFlight) + " in flight lost, and " +
            (waits ? "a send waits" : "no send waits") +
            " while the peer is away");
}

// One send per peer, as the manual's broadcast, with the default high-water
// mark; one of four peers is not there.
void DeadPeerInBroadcast() {
  zmq::context_t context;
  std::vector<zmq::socket_t> to, from;
  std::vector<std::thread> takers;
  std::string free_address;
  {
    zmq::socket_t gone = NewDealer(context);
    free_address = BindAnywhere(gone);
  }
  for (int peer = 0; peer < 3; ++peer) to.push_back(NewDealer(context));
  for (int peer = 0; peer < 4; ++peer) {
    from.push_back(NewDealer(context));
    from.back().set(zmq::sockopt::sndtimeo, 2000);
    from.back().connect(peer == 3 ? free_address : BindAnywhere(to[peer]));
  }
  std::vector<Tally> tallies(3);
  for (size_t peer = 0; peer < 3; ++peer) {
    takers.emplace_back([&, peer] { TakeAll(to[peer], tallies[peer]); });
  }
  std::string result = "all were sent";
  for (uint64_t i = 1; i <= kMessages; ++i) {
    bool stuck = false;
    for (zmq::socket_t& socket : from) {
      zmq::message_t message(kMessageBytes);
      std::memcpy(message.data(), &i, sizeof(i));
      stuck = stuck || !socket.send(message, zmq::send_flags::none).has_value();
    }
    if (!stuck) continue;
    result = "after " + std::to_string(i - 1) + " of " +
             std::to_string(kMessages) +
             " the sender hangs, and the three live peers get nothing more";
    break;
  }
  for (std::thread& taker : takers) taker.join();
  Print("one of four peers of a broadcast is dead", result);
}

}  // namespace
}  // namespace raft_cluster::internal

int main() {
  raft_cluster::internal::PausedReceiver();
  raft_cluster::internal::ResetConnection();
  raft_cluster::internal::RestartedPeer();
  raft_cluster::internal::RestartedPeerWithImmediate();
  raft_cluster::internal::DeadPeerInBroadcast();
}
