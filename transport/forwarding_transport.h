// What decorators of a transport stand on: it hands every call on to another
// transport, so that a decorator overrides only what it changes.
//
//   class Counting : public raft_cluster::ForwardingTransport {
//    public:
//     using ForwardingTransport::ForwardingTransport;
//     raft_cluster::SendResult Send(
//         raft_cluster::Pid peer, const raft_cluster::Frame& frame) override {
//       ++count;
//       return inner().Send(peer, frame);
//     }
//     int count = 0;
//   };
//
// Thread rule: as Transport's.
#ifndef RAFT_TRANSPORT_FORWARDING_TRANSPORT_H_
#define RAFT_TRANSPORT_FORWARDING_TRANSPORT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "raft/transport/transport.h"

namespace raft_cluster {

class ForwardingTransport : public Transport {
 public:
  explicit ForwardingTransport(std::unique_ptr<Transport> inner)
      : inner_(std::move(inner)) {}

  const Url& url() const override { return inner_->url(); }
  Properties properties() const override { return inner_->properties(); }
  absl::Status Connect(const PeerSpec& peer) override {
    return inner_->Connect(peer);
  }
  void Disconnect(Pid peer) override { inner_->Disconnect(peer); }
  absl::Status Rekey(const TransportKeys& keys) override {
    return inner_->Rekey(keys);
  }
  SendResult Send(Pid peer, const Frame& frame) override {
    return inner_->Send(peer, frame);
  }
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    return inner_->Reply(origin, frame);
  }
  int Poll(int limit, Receiver& receiver) override {
    return inner_->Poll(limit, receiver);
  }
  void Wait(absl::Duration timeout) override { inner_->Wait(timeout); }
  void Wake() override { inner_->Wake(); }

 protected:
  Transport& inner() const { return *inner_; }
  // For a destructor. Nothing may be called any more.
  std::unique_ptr<Transport> Release() { return std::move(inner_); }

 private:
  std::unique_ptr<Transport> inner_;
};

// The same for those who look at what is received.
class ForwardingReceiver : public Receiver {
 public:
  // `inner` outlives this, or the calls that reach it.
  explicit ForwardingReceiver(Receiver* inner = nullptr) : inner_(inner) {}

  void OnFrame(const Origin& origin, Frame frame) override {
    inner_->OnFrame(origin, std::move(frame));
  }
  void OnReset(Pid peer, bool up) override { inner_->OnReset(peer, up); }
  void OnTrouble(Pid peer, const absl::Status& why) override {
    inner_->OnTrouble(peer, why);
  }
  void OnTurnedAway(TurnedAway why, Pid peer,
                    const std::string& address) override {
    inner_->OnTurnedAway(why, peer, address);
  }

 protected:
  Receiver& inner_receiver() const { return *inner_; }
  void set_inner_receiver(Receiver* inner) { inner_ = inner; }

 private:
  Receiver* inner_;
};

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_FORWARDING_TRANSPORT_H_
