// The transport over streams. For stream_transport.cc and pairs.cc alone.
//
// Thread rule: as Transport's.
#ifndef RAFT_TRANSPORT_STREAM_TRANSPORT_IMPL_H_
#define RAFT_TRANSPORT_STREAM_TRANSPORT_IMPL_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/base/pid.h"
#include "raft/transport/frame.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/net/resolver.h"
#include "raft/transport/stream/chunk_pool.h"
#include "raft/transport/stream/connection.h"
#include "raft/transport/stream/dialler.h"
#include "raft/transport/stream/listener.h"
#include "raft/transport/stream/spinner.h"
#include "raft/transport/stream/wire.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal::stream {

class TransportImpl : public Transport {
 public:
  static absl::StatusOr<std::unique_ptr<Transport>> Open(
      const TransportSpec& spec, Place place, std::unique_ptr<Wire> wire);
  ~TransportImpl() override;

  const Url& url() const override { return listener_->url(); }
  Properties properties() const override;
  absl::Status Connect(const PeerSpec& peer) override;
  void Disconnect(Pid peer) override;
  absl::Status Rekey(const TransportKeys& keys) override;
  SendResult Send(Pid peer, const Frame& frame) override;
  SendResult Reply(const Origin& origin, const Frame& frame) override;
  int Poll(int limit, Receiver& receiver) override;
  void Wait(absl::Duration timeout) override;
  void Wake() override { events_->Wake(); }

 private:
  // Over what we send to a peer.
  enum class Way {
    kNone,
    kOwn,  // The connection that we made.
    // Theirs from now on, as soon as all is read that went over our own.
    kSwitching,
    kTheirs  // Also of a higher pid, while we have none.
  };

  struct Peer {
    Pid pid;
    Url url;
    std::unique_ptr<Dialler> dialler;
    Way way = Way::kNone;
    uint64_t own = 0;     // The connection that we made; 0: none.
    uint64_t theirs = 0;  // One that is known to be the peer's; 0: none.
    Clock::time_point deadline = Clock::time_point::max();  // In deadlines_.
  };

  struct Entry {
    std::unique_ptr<Connection> connection;
    bool listed = false;                                    // In ready_.
    Clock::time_point deadline = Clock::time_point::max();  // Of a caller.
  };

  TransportImpl(const TransportSpec& spec, Place place,
                std::unique_ptr<Wire> wire,
                std::unique_ptr<DescriptorPledge> descriptors,
                std::unique_ptr<Poller> events);

  // A frame of any size costs one call to the system, or two.
  static size_t LargestFrame(const TransportSpec& spec) {
    return std::max(spec.max_frame_bytes, spec.large_frame_bytes);
  }

  // In stream_transport.cc: connections, whoever made them.
  Connection* Find(uint64_t id);
  // 0: the system does not take one more.
  uint64_t Add(std::unique_ptr<Channel> channel, Pid called,
               const std::string& address);
  void Erase(uint64_t id);
  void List(uint64_t id);
  void ListAndStir(uint64_t id);
  void Accept(Clock::time_point now, Receiver& receiver);
  void TurnAwayLate(Clock::time_point now, Receiver& receiver);
  // A turn of one connection.
  void Serve(uint64_t id, int limit, int& count, Receiver& receiver);
  void HandUp(const Connection& connection, Bytes bytes, Receiver& receiver);
  void OnEnded(const Connection& connection, Receiver& receiver);
  SendResult SendOver(uint64_t id, const Frame& frame);
  void SetAlarm();

  // In pairs.cc: which of them serve whom.
  Peer* FindPeer(Pid pid);
  // Whether this server sends over the peer's connection, once there is one.
  bool Yields(const Peer& peer) const { return peer.pid < spec_.self; }
  // A caller that says to be this peer, and calls nobody else.
  bool Claims(const Connection& caller, const Peer& peer) const;
  void Update(Peer& peer, Receiver& receiver);
  void TellTrouble(Peer& peer, Receiver& receiver);
  void SetDeadline(Peer& peer);
  void OnUp(Connection& connection, Receiver& receiver);
  void OnDialledUp(Peer& peer, Connection& own, Receiver& receiver);
  void OnCallerUp(Connection& caller, Receiver& receiver);
  void OnEcho(Connection& connection, const Nonce& nonce, Receiver& receiver);
  void Adopt(Peer& peer, uint64_t theirs, Receiver& receiver);
  // Of a peer whose key has proved it, as long as it cannot be called.
  void Borrow(Peer& peer, uint64_t theirs, Receiver& receiver);
  void OnOwnEnded(Peer& peer, const Connection& own, Receiver& receiver);
  void OnTheirsEnded(Peer& peer, Receiver& receiver);
  void Drop(Peer& peer);

  TransportSpec spec_;  // Without the listed keys.
  const Place place_;
  const std::unique_ptr<Wire> wire_;
  const std::unique_ptr<DescriptorPledge> descriptors_;
  const std::unique_ptr<Poller> events_;
  Resolver resolver_;
  absl::BitGen random_;
  ChunkPool chunks_;
  Environment environment_;
  std::unique_ptr<Listener> listener_;
  Spinner spinner_;

  std::unordered_map<uint64_t, Entry> connections_;
  uint64_t last_id_ = 0;
  std::set<uint64_t> callers_;  // That are not up, the oldest first.
  std::map<Pid, std::set<uint64_t>> claims_;  // Callers, by who they say to be.
  std::deque<uint64_t> ready_;                // To be served.

  std::map<Pid, Peer> peers_;
  int pledged_peers_;
  std::set<std::pair<Clock::time_point, Pid>> deadlines_;
  std::set<Pid> resolving_;

  // Kept for their memory.
  std::vector<uint64_t> cookies_;
  Origin origin_;
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_TRANSPORT_IMPL_H_
