#include "raft/examples/udp/udp_transport.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/examples/udp/address.h"

namespace udp {
namespace {

using raft_cluster::Bytes;
using raft_cluster::Frame;
using raft_cluster::Origin;
using raft_cluster::ParsedUrl;
using raft_cluster::PeerSpec;
using raft_cluster::Pid;
using raft_cluster::Properties;
using raft_cluster::Receiver;
using raft_cluster::SendResult;
using raft_cluster::Transport;
using raft_cluster::TransportSpec;
using raft_cluster::TurnedAway;

// Who is called again after this, and then twice as late each time.
constexpr std::chrono::milliseconds kMinCallPause{50};
constexpr std::chrono::milliseconds kMaxCallPause{1000};
// Who was not heard for so long has gone. It is asked each second.
constexpr std::chrono::seconds kLostAfter{10};
constexpr size_t kMaxCallers = 1024;
constexpr size_t kReplyBytes = size_t{64} << 10;
// Datagrams of one Poll() that complete no frame: a flood of them must not
// keep it for ever.
constexpr int kMaxOthers = 1000;

uint64_t KeyOf(const sockaddr_in& address) {
  return uint64_t{address.sin_addr.s_addr} << 16 | address.sin_port;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Transport>> UdpTransport::Open(
    const TransportSpec& spec) {
  if (spec.max_frame_bytes == 0 || spec.queue_bytes == 0) {
    return absl::InvalidArgumentError(
        "max_frame_bytes and queue_bytes: must be above 0");
  }
  std::unique_ptr<UdpTransport> transport(new UdpTransport(spec));
  absl::Status status = transport->Listen();
  if (!status.ok()) return status;
  return transport;
}

absl::Status UdpTransport::Listen() {
  absl::StatusOr<sockaddr_in> address = ParseAddress(spec_.url);
  if (!address.ok()) return address.status();
  absl::Status bound = socket_.Bind(*address);
  if (!bound.ok()) return bound;
  spec_.url.address = ToText(*address);
  // What the system drops is sent again, but slowly: three may send at once
  // before it has to. The others' buffers are those of the same machine.
  window_bytes_ = socket_.receive_buffer_bytes() / 3;
  return absl::OkStatus();
}

UdpTransport::~UdpTransport() {
  for (const auto& entry : conversations_) {
    if (entry.second.up()) entry.second.Say(socket_, Header::kBye);
  }
}

Properties UdpTransport::properties() const {
  Properties properties;
  properties.fifo = true;  // What was overtaken is dropped.
  properties.bound_address = spec_.url.address;
  return properties;
}

Conversation& UdpTransport::NewConversation(const sockaddr_in& address,
                                            Pid pid) {
  // Nobody can guess it who has not been told.
  uint64_t id = 0;
  while (id == 0 || conversations_.count(id) > 0) {
    id = absl::Uniform<uint64_t>(random_);
  }
  return conversations_
      .emplace(std::piecewise_construct, std::forward_as_tuple(id),
               std::forward_as_tuple(id, address, pid, window_bytes_))
      .first->second;
}

void UdpTransport::LookAgainBy(Clock::time_point time) {
  alarm_ = std::min(alarm_, time);
  socket_.SetAlarm(alarm_);
}

absl::Status UdpTransport::Connect(const PeerSpec& peer) {
  if (peer.pid <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to peer ", peer.pid, ": not positive"));
  }
  const absl::StatusOr<sockaddr_in> address = ParseAddress(peer.url);
  if (!address.ok()) return address.status();
  if (address->sin_port == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot connect to ", peer.url.ToString(), ": port 0 is nobody's"));
  }
  Disconnect(peer.pid);
  Peer& called = peers_[peer.pid];
  called.address = *address;
  Begin(called, peer.pid, Clock::now());
  return absl::OkStatus();
}

void UdpTransport::Begin(Peer& peer, Pid pid, Clock::time_point now) {
  const Conversation& conversation = NewConversation(peer.address, pid);
  peer.conversation = conversation.id();
  peer.called = false;
  peer.pause = kMinCallPause;
  peer.next_call = now;
  LookAgainBy(now);  // Calls are made in Poll().
}

void UdpTransport::Disconnect(Pid pid) {
  const auto peer = peers_.find(pid);
  if (peer == peers_.end()) return;
  const auto found = conversations_.find(peer->second.conversation);
  if (found->second.up()) found->second.Say(socket_, Header::kBye);
  conversations_.erase(found);
  peers_.erase(peer);
}

SendResult UdpTransport::Send(Pid pid, const Frame& frame) {
  const auto peer = peers_.find(pid);
  if (peer == peers_.end()) return SendResult::kUnknown;
  return Hand(conversations_.find(peer->second.conversation)->second, frame,
              spec_.queue_bytes);
}

SendResult UdpTransport::Reply(const Origin& origin, const Frame& frame) {
  const auto found = conversations_.find(origin.connection);
  if (found == conversations_.end() || !found->second.up()) {
    return SendResult::kUnknown;
  }
  return Hand(found->second, frame, std::min(spec_.queue_bytes, kReplyBytes));
}

SendResult UdpTransport::Hand(Conversation& conversation, const Frame& frame,
                              size_t bound_bytes) {
  if (frame.size() > spec_.max_frame_bytes) return SendResult::kTooLarge;
  if (!conversation.Queue(frame, bound_bytes)) return SendResult::kFull;
  if (conversation.up()) {
    conversation.Flush(socket_, Clock::now());
    LookAgainBy(conversation.ask_at());
  }
  return SendResult::kSent;
}

int UdpTransport::Poll(int limit, Receiver& receiver) {
  const Clock::time_point now = Clock::now();
  Datagram datagram;
  int frames = 0;
  for (int others = 0; frames < limit && others < kMaxOthers;) {
    const Socket::Received received = socket_.Receive(datagram);
    if (received == Socket::Received::kNothing) break;
    if (received == Socket::Received::kMalformed) {
      receiver.OnTurnedAway(TurnedAway::kMalformed, 0, ToText(datagram.from));
      ++others;
    } else if (OnDatagram(datagram, now, receiver)) {
      ++frames;
    } else {
      ++others;
    }
  }
  for (const uint64_t id : owing_) {
    const auto found = conversations_.find(id);
    if (found != conversations_.end() && found->second.owes_seen()) {
      found->second.TellSeen(socket_);
    }
  }
  owing_.clear();
  if (now >= alarm_) Look(now, receiver);
  return frames;
}

bool UdpTransport::OnDatagram(const Datagram& datagram, Clock::time_point now,
                              Receiver& receiver) {
  const Header& header = datagram.header;
  if (header.kind == Header::kCall) {
    OnCall(datagram, now, receiver);
    return false;
  }
  const auto found = conversations_.find(header.to);
  const bool known = found != conversations_.end() &&
                     SameAddress(found->second.address(), datagram.from) &&
                     (header.kind == Header::kAnswer ||
                      found->second.partner() == header.from);
  if (!known) {
    // Of a former life of this server, or given up: its owner should know. To
    // a "bye" nobody answers, or two would never come to an end.
    if (header.to != 0 &&
        (header.kind == Header::kPiece || header.kind == Header::kAsk)) {
      Header bye;
      bye.kind = Header::kBye;
      bye.to = header.from;
      bye.from = header.to;
      socket_.Send(datagram.from, bye);
    }
    return false;
  }
  Conversation& conversation = found->second;
  if (header.kind == Header::kAnswer) {
    OnAnswer(conversation, datagram, now, receiver);
    return false;
  }
  conversation.OnHeard(now);
  switch (header.kind) {
    case Header::kPiece:
      return OnPiece(conversation, datagram, receiver);
    case Header::kAsk:
      conversation.OnAsked(header.count);
      conversation.TellSeen(socket_);
      break;
    case Header::kSeen:
      conversation.OnSeen(header.count, now);
      conversation.Flush(socket_, now);
      LookAgainBy(conversation.ask_at());
      break;
    default:  // kBye.
      Lose(conversation.id(), now, receiver);
  }
  return false;
}

void UdpTransport::OnCall(const Datagram& datagram, Clock::time_point now,
                          Receiver& receiver) {
  const Caller caller(KeyOf(datagram.from), datagram.header.from);
  const auto known = callers_.find(caller);
  if (known != callers_.end()) {  // Our answer was lost.
    conversations_.find(known->second)->second.Say(socket_, Header::kAnswer);
    return;
  }
  if (callers_.size() >= kMaxCallers) {
    receiver.OnTurnedAway(TurnedAway::kHandshake, 0, ToText(datagram.from));
    return;
  }
  Conversation& conversation = NewConversation(datagram.from, /*pid=*/0);
  callers_[caller] = conversation.id();
  conversation.Begin(datagram.header.from, now);
  conversation.Say(socket_, Header::kAnswer);
  LookAgainBy(conversation.ask_at());
}

void UdpTransport::OnAnswer(Conversation& conversation,
                            const Datagram& datagram, Clock::time_point now,
                            Receiver& receiver) {
  if (conversation.pid() == 0 || conversation.up()) return;
  conversation.Begin(datagram.header.from, now);
  peers_[conversation.pid()].trouble_told = false;
  receiver.OnReset(conversation.pid(), /*up=*/true);
  conversation.Flush(socket_, now);
  LookAgainBy(conversation.ask_at());
}

bool UdpTransport::OnPiece(Conversation& conversation, const Datagram& datagram,
                           Receiver& receiver) {
  std::string bytes;
  const Conversation::Piece piece = conversation.OnPiece(
      datagram.header, datagram.piece, spec_.max_frame_bytes, &bytes);
  if (conversation.owes_seen()) owing_.push_back(conversation.id());
  if (piece == Conversation::Piece::kTooLarge) {
    receiver.OnTurnedAway(TurnedAway::kTooLarge, conversation.pid(),
                          ToText(datagram.from));
  }
  if (piece != Conversation::Piece::kFrame) return false;
  Origin origin;
  origin.connection = conversation.id();
  origin.address = absl::StrCat("udp://", ToText(datagram.from));
  receiver.OnFrame(origin, Frame{Bytes::Own(std::move(bytes)), {}});
  return true;
}

void UdpTransport::Lose(uint64_t id, Clock::time_point now,
                        Receiver& receiver) {
  const auto found = conversations_.find(id);
  const Conversation& lost = found->second;
  const Pid pid = lost.pid();
  if (pid == 0) callers_.erase({KeyOf(lost.address()), lost.partner()});
  conversations_.erase(found);
  if (pid == 0) return;
  Begin(peers_[pid], pid, now);
  receiver.OnReset(pid, /*up=*/false);
}

void UdpTransport::Look(Clock::time_point now, Receiver& receiver) {
  std::vector<uint64_t> lost;
  alarm_ = Clock::time_point::max();
  for (auto& entry : conversations_) {
    Conversation& conversation = entry.second;
    if (!conversation.up()) continue;
    if (now - conversation.heard() >= kLostAfter) lost.push_back(entry.first);
    alarm_ = std::min(alarm_, conversation.Ask(socket_, now));
  }
  for (const uint64_t id : lost) Lose(id, now, receiver);
  for (auto& entry : peers_) {
    Peer& peer = entry.second;
    const Conversation& conversation =
        conversations_.find(peer.conversation)->second;
    if (conversation.up()) continue;
    if (now >= peer.next_call) {
      if (peer.called && !peer.trouble_told) {
        peer.trouble_told = true;
        receiver.OnTrouble(entry.first,
                           absl::UnavailableError(absl::StrCat(
                               "udp://", ToText(peer.address),
                               " does not answer; does a server run there?")));
      }
      conversation.Say(socket_, Header::kCall);
      peer.called = true;
      // Never all at once, after something that happened to all.
      peer.next_call =
          now + std::chrono::duration_cast<Clock::duration>(
                    peer.pause * absl::Uniform(random_, 0.75, 1.25));
      peer.pause = std::min<Clock::duration>(peer.pause * 2, kMaxCallPause);
    }
    alarm_ = std::min(alarm_, peer.next_call);
  }
  socket_.SetAlarm(alarm_);
}

}  // namespace udp
