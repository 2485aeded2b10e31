// A transport over libzmq. For zeromq.cc alone.
//
// Thread rule: as Transport's.
#ifndef RAFT_TRANSPORT_ZEROMQ_TRANSPORT_IMPL_H_
#define RAFT_TRANSPORT_ZEROMQ_TRANSPORT_IMPL_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
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
#include "raft/transport/transport.h"
#include "raft/transport/url.h"
#include "raft/transport/zeromq/context.h"
#include "raft/transport/zeromq/environment.h"
#include "raft/transport/zeromq/keys.h"
#include "raft/transport/zeromq/listener.h"
#include "raft/transport/zeromq/look_times.h"
#include "raft/transport/zeromq/message.h"
#include "raft/transport/zeromq/peer.h"
#include "raft/transport/zeromq/prompt_close.h"
#include "raft/transport/zeromq/zeromq.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

// libzmq's descriptors are edge-triggered: whoever touches a socket may take
// away the sign that there are frames in it, and nobody asleep would ever hear
// of them. Hence every call that sends asks at its end whether there are frames
// in that socket, and if so puts it on the list of those to be read. Who reads
// until there are none need not ask: libzmq says so only after it has looked at
// all that it was told, and whatever it is told next shows at the descriptor.
class TransportImpl : public StoppableTransport {
 public:
  static absl::StatusOr<std::unique_ptr<Transport>> Open(
      const TransportSpec& spec, const ZeroMqOptions& options);

  const Url& url() const override { return listener_->url(); }

  Properties properties() const override {
    Properties properties;
    properties.fifo = true;
    properties.proves_integrity = properties.proves_peers = !ring_.empty();
    properties.reachable_from_afar = listener_->reachable_from_afar();
    properties.bound_address = listener_->bound_address();
    return properties;
  }

  absl::Status Connect(const PeerSpec& peer) override;
  void Disconnect(Pid peer) override;
  absl::Status Rekey(const TransportKeys& keys) override;
  SendResult Send(Pid peer, const Frame& frame) override;
  SendResult Reply(const Origin& origin, const Frame& frame) override;
  int Poll(int limit, Receiver& receiver) override;
  void Wait(absl::Duration timeout) override { events_->Wait(timeout); }
  void Wake() override { events_->Wake(); }
  bool StopListening() override;

 private:
  struct Entry {
    Peer peer;
    Clock::time_point deadline = Clock::time_point::max();  // As in deadlines_.
    bool listed = false;                                    // In readable_.
  };

  TransportImpl(const TransportSpec& spec, const ZeroMqOptions& options,
                KeyRing keys, std::unique_ptr<DescriptorPledge> descriptors,
                std::unique_ptr<Poller> events, zmq::context_t context)
      : spec_(WithoutKeys(spec)),
        ring_(std::move(keys)),
        descriptors_(std::move(descriptors)),
        events_(std::move(events)),
        resolver_(options.resolve, [this] { events_->Stir(); }),
        context_(std::move(context)),
        environment_{context_,
                     *events_,
                     *descriptors_,
                     ring_,
                     spec.max_frame_bytes,
                     spec.queue_bytes} {
    descriptors_->Hold(kBaseDescriptors);
  }

  // Updates the peer and its deadline; true if its connection came or went.
  bool Update(Pid id, Entry& entry);
  // The same, and reports the latter. Of the listener: who does not come in.
  void Report(Pid id, Receiver& receiver);
  void SetAlarm();
  // Ends connections that hold a message without end, when it is time to.
  void EndEndless(Receiver& receiver);

  // Puts one on the list of those to be read.
  void List(Pid id);
  // The same outside Poll(), where somebody may be asleep in Wait().
  void ListAndStir(Pid id);
  bool* Listed(Pid id);  // Null for a peer that has gone.
  // Hands out the frames of one until it has no more (true), or until `budget`
  // messages were taken.
  bool Drain(Pid id, int& budget, int& count, Receiver& receiver);

  const TransportSpec spec_;
  KeyRing ring_;
  const std::unique_ptr<DescriptorPledge> descriptors_;
  const std::unique_ptr<Poller> events_;
  Resolver resolver_;
  zmq::context_t context_;
  Environment environment_;
  absl::BitGen random_;
  std::unique_ptr<Listener> listener_;

  std::map<Pid, Entry> peers_;
  int pledged_peers_ = spec_.expected_peers;
  std::set<std::pair<Clock::time_point, Pid>> deadlines_;
  LookTimes looks_;  // For messages without end.
  std::set<Pid> resolving_;
  // To be read, longest waiting first; kListener among them.
  std::deque<Pid> readable_;
  bool listener_listed_ = false;
  // Kept for their memory.
  std::vector<uint64_t> cookies_;
  Incoming incoming_;
  Origin origin_;
  std::string stranger_;  // The routing id in origin_, if there is one.
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_TRANSPORT_IMPL_H_
