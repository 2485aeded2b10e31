#include "raft/testing/simulation/sim_transport.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

// What a frame counts besides its bytes.
constexpr size_t kFrameCost = 64;

}  // namespace

Url SimTransport::UrlOf(Pid pid) {
  Url url;
  url.scheme = kScheme;
  url.address = absl::StrCat(pid);
  return url;
}

SimTransport::SimTransport(SimNetwork* network, Pid pid, uint64_t process,
                           const TransportSpec& spec)
    : network_(network), pid_(pid), process_(process), spec_(spec) {
  spec_.url = UrlOf(pid);
}

SimTransport::~SimTransport() { network_->Closed(this); }

Properties SimTransport::properties() const {
  Properties properties;
  properties.fifo = network_->fifo();
  return properties;
}

absl::Status SimTransport::Connect(const PeerSpec& peer) {
  if (peer.pid <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to peer ", peer.pid, ": not positive"));
  }
  Pid at = 0;
  if (peer.url.scheme != kScheme || !absl::SimpleAtoi(peer.url.address, &at) ||
      at < 1 || at > network_->servers_) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot connect to \"", peer.url.ToString(),
                     "\": not that of a server of this network"));
  }
  peers_[peer.pid] = Peer{at};
  network_->Reset(pid_, at);
  if (!network_->Listens(at)) news_.push_back({peer.pid, News::kTrouble});
  return absl::OkStatus();
}

void SimTransport::Disconnect(Pid peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  const Pid at = found->second.at;
  peers_.erase(found);
  network_->Reset(pid_, at);
}

SendResult SimTransport::Send(Pid peer, const Frame& frame) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return SendResult::kUnknown;
  if (frame.size() > spec_.max_frame_bytes) return SendResult::kTooLarge;
  const Peer& to = found->second;
  SimNetwork::Load load;
  if (!to.up || !Admit(frame, to.waiting, &load)) return SendResult::kFull;
  return network_->Transmit(this, to.at, 0, frame, load);
}

SendResult SimTransport::Reply(const Origin& origin, const Frame& frame) {
  if (frame.size() > spec_.max_frame_bytes) return SendResult::kTooLarge;
  SimTransport* const to = network_->Find(origin.connection);
  if (to == nullptr) return SendResult::kUnknown;
  SimNetwork::Load load;
  if (!Admit(frame, replies_waiting_, &load)) return SendResult::kFull;
  return network_->Transmit(this, to->pid_, origin.connection, frame, load);
}

int SimTransport::Poll(int limit, Receiver& receiver) {
  refused_ = false;
  for (; !news_.empty(); news_.pop_front()) Tell(news_.front(), receiver);
  int count = 0;
  for (; count < limit && !inbound_.empty(); ++count) {
    Inbound inbound = std::move(inbound_.front());
    inbound_.pop_front();
    Origin origin;
    origin.connection = inbound.sender;
    origin.address = absl::StrCat("process ", inbound.sender);
    receiver.OnFrame(origin, std::move(inbound.frame));
  }
  return count;
}

void SimTransport::Wait(absl::Duration timeout) {
  const absl::Duration limit =
      std::max(absl::ZeroDuration(), std::min(timeout, absl::Hours(24 * 365)));
  network_->PassTime(this, network_->now() + absl::ToInt64Microseconds(limit));
  woken_ = false;
}

bool SimTransport::MayPoll() const {
  return woken_ || !inbound_.empty() || !news_.empty() ||
         (refused_ && HasRoom());
}

// Half of it, so that a fast sender does not wake for each single frame.
bool SimTransport::HasRoom() const {
  const size_t half = spec_.queue_bytes / 2;
  return *replies_waiting_ <= half &&
         std::all_of(peers_.begin(), peers_.end(), [half](const auto& entry) {
           return *entry.second.waiting <= half;
         });
}

bool SimTransport::Admit(const Frame& frame, const Waiting& waiting,
                         SimNetwork::Load* load) {
  if (spec_.queue_bytes == kUnbounded) return true;
  const size_t cost = frame.size() + kFrameCost;
  if (*waiting > 0 && *waiting + cost > spec_.queue_bytes) {
    refused_ = true;
    return false;
  }
  *waiting += cost;
  *load = SimNetwork::Load(waiting.get(),
                           [waiting, cost](size_t* bytes) { *bytes -= cost; });
  return true;
}

void SimTransport::SetUp(Pid at, bool up) {
  for (auto& entry : peers_) {
    Peer& peer = entry.second;
    if (peer.at != at || (!up && !peer.up)) continue;
    peer.up = up;
    news_.push_back({entry.first, up ? News::kUp : News::kDown});
    if (!up) news_.push_back({entry.first, News::kTrouble});
  }
}

void SimTransport::Tell(const News& news, Receiver& receiver) const {
  if (news.what != News::kTrouble) {
    receiver.OnReset(news.peer, news.what == News::kUp);
    return;
  }
  const auto found = peers_.find(news.peer);
  if (found == peers_.end() || found->second.up) return;
  receiver.OnTrouble(news.peer, absl::UnavailableError(absl::StrCat(
                                    "nobody listens at ",
                                    UrlOf(found->second.at).ToString())));
}

}  // namespace raft_cluster::internal
