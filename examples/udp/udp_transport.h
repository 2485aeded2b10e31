// A carrier of one's own, as docs/transport.md builds it: frames in UDP
// datagrams between servers of one machine.
//
//   raft_cluster::Options options;
//   absl::Status status = options.transports.Register(
//       "udp", udp::UdpTransport::Open, udp::ParseUrl);
//   auto config = raft_cluster::LoadConfig("config.json", options.transports);
//   auto server = raft_cluster::Server::Start(*config, /*pid=*/1, options);
//
// Whatever is lost stays lost here: the cluster sends it again.
//
// Thread rule: as Transport's.
#ifndef RAFT_EXAMPLES_UDP_UDP_TRANSPORT_H_
#define RAFT_EXAMPLES_UDP_UDP_TRANSPORT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/examples/udp/conversation.h"
#include "raft/examples/udp/socket.h"
#include "raft/transport/transport.h"

namespace udp {

class UdpTransport : public raft_cluster::Transport {
 public:
  // As Opener says.
  static absl::StatusOr<std::unique_ptr<raft_cluster::Transport>> Open(
      const raft_cluster::TransportSpec& spec);
  ~UdpTransport() override;

  const raft_cluster::Url& url() const override { return spec_.url; }
  raft_cluster::Properties properties() const override;
  absl::Status Connect(const raft_cluster::PeerSpec& peer) override;
  void Disconnect(raft_cluster::Pid peer) override;
  raft_cluster::SendResult Send(raft_cluster::Pid peer,
                                const raft_cluster::Frame& frame) override;
  raft_cluster::SendResult Reply(const raft_cluster::Origin& origin,
                                 const raft_cluster::Frame& frame) override;
  int Poll(int limit, raft_cluster::Receiver& receiver) override;
  void Wait(absl::Duration timeout) override { socket_.Wait(timeout); }
  void Wake() override { socket_.Wake(); }

 private:
  // One that we call, until Disconnect().
  struct Peer {
    sockaddr_in address;
    uint64_t conversation = 0;
    Clock::time_point next_call;  // While it does not answer.
    Clock::duration pause;        // Between that call and the one after it.
    bool called = false;
    bool trouble_told = false;
  };
  // An address and what its owner calls the conversation.
  using Caller = std::pair<uint64_t, uint64_t>;

  explicit UdpTransport(const raft_cluster::TransportSpec& spec)
      : spec_(spec) {}
  absl::Status Listen();

  Conversation& NewConversation(const sockaddr_in& address,
                                raft_cluster::Pid pid);
  void Begin(Peer& peer, raft_cluster::Pid pid, Clock::time_point now);
  raft_cluster::SendResult Hand(Conversation& conversation,
                                const raft_cluster::Frame& frame,
                                size_t bound_bytes);
  // Wait() has to end by `time`.
  void LookAgainBy(Clock::time_point time);

  // Whether it completed a frame, which `receiver` got.
  bool OnDatagram(const Datagram& datagram, Clock::time_point now,
                  raft_cluster::Receiver& receiver);
  void OnCall(const Datagram& datagram, Clock::time_point now,
              raft_cluster::Receiver& receiver);
  void OnAnswer(Conversation& conversation, const Datagram& datagram,
                Clock::time_point now, raft_cluster::Receiver& receiver);
  bool OnPiece(Conversation& conversation, const Datagram& datagram,
               raft_cluster::Receiver& receiver);
  // The other side has gone, or its life has.
  void Lose(uint64_t conversation, Clock::time_point now,
            raft_cluster::Receiver& receiver);
  // Calls whoever does not answer, asks whoever has not told what it has seen,
  // and gives up who has not been heard.
  void Look(Clock::time_point now, raft_cluster::Receiver& receiver);

  raft_cluster::TransportSpec spec_;
  Socket socket_;
  size_t window_bytes_ = 0;
  absl::BitGen random_;
  std::map<uint64_t, Conversation> conversations_;  // By Conversation::id().
  std::map<raft_cluster::Pid, Peer> peers_;
  std::map<Caller, uint64_t> callers_;  // Those who called us.
  std::vector<uint64_t> owing_;  // Who should hear what came of this Poll().
  Clock::time_point alarm_ = Clock::time_point::max();
};

}  // namespace udp

#endif  // RAFT_EXAMPLES_UDP_UDP_TRANSPORT_H_
