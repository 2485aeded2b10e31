#include "raft/testing/simulation/network.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/testing/simulation/streams.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kHeldBytes = size_t{256} << 10;

}  // namespace

class SimTransport : public Transport {
 public:
  SimTransport(SimNetwork* network, Pid pid, uint64_t process, bool fifo)
      : network_(network), pid_(pid), process_(process), fifo_(fifo) {
    url_.scheme = "sim";
    url_.address = absl::StrCat(pid);
  }
  ~SimTransport() override { network_->Closed(this); }

  const Url& url() const override { return url_; }
  Properties properties() const override { return {fifo_, false}; }

  absl::Status Connect(const PeerSpec& peer) override {
    network_->Reset(pid_, peer.pid);
    return absl::OkStatus();
  }
  void Disconnect(Pid) override {}
  SendResult Send(Pid peer, const Frame& frame) override {
    return network_->Transmit(this, peer, 0, frame);
  }
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    SimTransport* to = network_->Find(origin.connection);
    if (to == nullptr) return SendResult::kUnknown;
    return network_->Transmit(this, to->pid_, origin.connection, frame);
  }
  int Poll(int limit, Receiver& receiver) override {
    for (; !resets_.empty(); resets_.pop_front()) {
      receiver.OnReset(resets_.front(), /*up=*/true);
    }
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
  void Wait(absl::Duration) override {}
  void Wake() override {}

 private:
  friend class SimNetwork;
  struct Inbound {
    uint64_t sender;
    Frame frame;
  };

  SimNetwork* const network_;
  const Pid pid_;
  const uint64_t process_;
  const bool fifo_;
  Url url_;
  bool dead_ = false;
  std::deque<Inbound> inbound_;
  std::deque<Pid> resets_;
};

SimNetwork::SimNetwork(uint64_t seed, int servers, bool fifo)
    : servers_(servers), fifo_(fifo), listening_(static_cast<size_t>(servers)) {
  for (Pid from = 1; from <= servers; ++from) {
    for (Pid to = 1; to <= servers; ++to) {
      wires_.emplace_back(StreamOf(seed, SimStream::kWire, from, to));
    }
  }
}

std::unique_ptr<Transport> SimNetwork::Open(Pid pid) {
  auto transport =
      std::make_unique<SimTransport>(this, pid, ++processes_, fifo_);
  open_.push_back(transport.get());
  listening_[static_cast<size_t>(pid - 1)] = transport.get();
  ResetAllTo(pid);
  return transport;
}

void SimNetwork::Kill(Transport* transport) {
  auto* sim = static_cast<SimTransport*>(transport);
  sim->dead_ = true;
  sim->inbound_.clear();
  SimTransport*& listening = listening_[static_cast<size_t>(sim->pid_ - 1)];
  if (listening != sim) return;
  listening = nullptr;
  for (SimTransport* older : open_) {  // In the order of their opening.
    if (older->pid_ == sim->pid_ && !older->dead_) listening = older;
  }
  if (listening != nullptr) ResetAllTo(sim->pid_);
}

void SimNetwork::ResetAllTo(Pid pid) {
  for (Pid peer = 1; peer <= servers_; ++peer) {
    if (peer != pid) Reset(peer, pid);
  }
}

void SimNetwork::Closed(SimTransport* transport) {
  Kill(transport);
  open_.erase(std::find(open_.begin(), open_.end(), transport));
  woken_.erase(std::remove(woken_.begin(), woken_.end(), transport),
               woken_.end());
  for (Wire& wire : wires_) {
    for (Held& held : wire.held) {
      if (held.sender == transport) held.sender = nullptr;
    }
  }
}

SimTransport* SimNetwork::Find(uint64_t process) const {
  for (SimTransport* transport : open_) {
    if (transport->process_ == process && !transport->dead_) return transport;
  }
  return nullptr;
}

void SimNetwork::Reset(Pid from, Pid to) {
  ++counts_.resets;
  Wire& reset = wire(from, to);
  ++reset.connection;
  reset.held.clear();
  reset.held_bytes = 0;
  reset.last_arrival = now();
  if (listening_[static_cast<size_t>(to - 1)] == nullptr) return;
  for (SimTransport* transport : open_) {
    if (transport->pid_ == from && !transport->dead_) {
      ConnectionMade(transport, to);
    }
  }
}

void SimNetwork::ConnectionMade(SimTransport* process, Pid peer) {
  process->resets_.push_back(peer);
  woken_.push_back(process);
}

void SimNetwork::Unclog(Pid from, Pid to) {
  Wire& unclogged = wire(from, to);
  unclogged.faults.clogged = false;
  for (const Held& held : unclogged.held) {
    if (held.sender == nullptr) continue;
    Schedule(held.sender, to, 0, held.frame);
    woken_.push_back(held.sender);
  }
  unclogged.held.clear();
  unclogged.held_bytes = 0;
}

SendResult SimNetwork::Transmit(SimTransport* from, Pid to, uint64_t reply_to,
                                const Frame& frame) {
  if (from->dead_) return SendResult::kSent;
  ++counts_.frames;
  Wire& through = wire(from->pid_, to);
  if (through.faults.clogged && reply_to == 0) {
    if (!through.held.empty() &&
        through.held_bytes + frame.size() > kHeldBytes) {
      ++counts_.refused;
      return SendResult::kFull;
    }
    through.held_bytes += frame.size();
    through.held.push_back({from, frame});
    return SendResult::kSent;
  }
  Schedule(from, to, reply_to, frame);
  return SendResult::kSent;
}

void SimNetwork::Schedule(SimTransport* from, Pid to, uint64_t reply_to,
                          const Frame& frame) {
  Wire& through = wire(from->pid_, to);
  const SimFaults& faults = through.faults;
  SplitMix64& random = through.random;
  const bool doubled = random.Chance(faults.duplication);
  if (doubled) ++counts_.doubled;
  for (int copy = 0; copy < (doubled ? 2 : 1); ++copy) {
    if (faults.cut || random.Chance(faults.loss)) {
      ++counts_.lost;
      continue;
    }
    Arrival arrival;
    arrival.time = now() + faults.delay + random.Between(0, faults.jitter);
    if (fifo_ && reply_to == 0) {
      arrival.time = std::max(arrival.time, through.last_arrival + 1);
      through.last_arrival = arrival.time;
    }
    arrival.order = ++order_;
    arrival.from = from->pid_;
    arrival.to = to;
    arrival.connection = through.connection;
    arrival.sender = from->process_;
    arrival.receiver = reply_to;
    arrival.frame =
        random.Chance(faults.damage) ? Damage(frame, &random) : frame;
    arrivals_.push_back(std::move(arrival));
    std::push_heap(arrivals_.begin(), arrivals_.end(), Later());
  }
}

Frame SimNetwork::Damage(const Frame& frame, SplitMix64* random) {
  ++counts_.damaged;
  std::string head(frame.head.view());
  std::string body(frame.body.view());
  const uint64_t bit = random->Below(8 * (head.size() + body.size()));
  const size_t byte = bit / 8;
  char& hit = byte < head.size() ? head[byte] : body[byte - head.size()];
  hit = static_cast<char>(hit ^ (1 << bit % 8));
  return Frame{Bytes::Own(std::move(head)),
               frame.body.empty() ? Bytes() : Bytes::Own(std::move(body))};
}

Micros SimNetwork::NextArrival() const {
  return arrivals_.empty() ? kNever : arrivals_.front().time;
}

Transport* SimNetwork::Deliver() {
  std::pop_heap(arrivals_.begin(), arrivals_.end(), Later());
  Arrival arrival = std::move(arrivals_.back());
  arrivals_.pop_back();
  clock_.Set(std::max(now(), arrival.time));
  const Wire& through = wire(arrival.from, arrival.to);
  SimTransport* to = arrival.receiver != 0
                         ? Find(arrival.receiver)
                         : listening_[static_cast<size_t>(arrival.to - 1)];
  // Frames that are not in order may also outlive their connection.
  const bool gone = fifo_ && arrival.receiver == 0 &&
                    arrival.connection != through.connection;
  if (to == nullptr || gone) {
    ++counts_.lost;
    return nullptr;
  }
  to->inbound_.push_back({arrival.sender, std::move(arrival.frame)});
  return to;
}

std::vector<Transport*> SimNetwork::TakeWoken() {
  std::vector<Transport*> woken(woken_.begin(), woken_.end());
  woken_.clear();
  return woken;
}

}  // namespace raft_cluster::internal
