#include "raft/transport/loopback/loopback.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "raft/base/assert.h"
#include "raft/transport/loopback/mailbox.h"
#include "raft/transport/loopback/network.h"

namespace raft_cluster::internal {
namespace loopback {
namespace {

// Thread rule: as Transport's.
// The most that one of its frames has.
size_t FrameBytes(const TransportSpec& spec) {
  return std::max(spec.max_frame_bytes, spec.large_frame_bytes);
}

class LoopbackTransport : public Transport {
 public:
  LoopbackTransport(std::shared_ptr<Network> network,
                    std::shared_ptr<Mailbox> mailbox, TransportSpec spec)
      : network_(std::move(network)),
        mailbox_(std::move(mailbox)),
        spec_(std::move(spec)) {}

  ~LoopbackTransport() override {
    for (auto& entry : peers_) Drop(entry.second);
    // The name is given back last: until then nobody who binds it can be taken
    // for us.
    mailbox_->Close();
    network_->Unbind(spec_.url.address);
  }

  const Url& url() const override { return spec_.url; }

  Properties properties() const override {
    Properties properties;
    properties.fifo = true;
    // A frame is handed over, however large it is.
    if (spec_.large_frame_bytes > spec_.max_frame_bytes) {
      properties.preferred_frame_bytes = spec_.large_frame_bytes;
    }
    return properties;
  }

  absl::Status Connect(const PeerSpec& peer) override {
    const Url& url = peer.url;
    if (peer.pid <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot connect to peer ", peer.pid, ": not positive"));
    }
    const absl::StatusOr<ParsedUrl> parsed = ParseLoopbackUrl(url);
    if (url.scheme != "loopback" || !parsed.ok() || parsed->wildcard) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cannot connect to \"", url.ToString(), "\": not loopback://name"));
    }
    Disconnect(peer.pid);
    peers_[peer.pid].name = url.address;
    mailbox_->Attend();
    return absl::OkStatus();
  }

  void Disconnect(Pid peer) override {
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return;
    Drop(found->second);
    peers_.erase(found);
  }

  SendResult Send(Pid peer, const Frame& frame) override {
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return SendResult::kUnknown;
    if (frame.size() > FrameBytes(spec_)) return SendResult::kTooLarge;
    const std::shared_ptr<Pipe>& pipe = found->second.out;
    if (pipe == nullptr) return SendResult::kFull;
    const SendResult result = pipe->to->Push(pipe, frame);
    // The other end has closed; Poll() will find out and report it.
    return result == SendResult::kUnknown ? SendResult::kFull : result;
  }

  SendResult Reply(const Origin& origin, const Frame& frame) override {
    if (frame.size() > FrameBytes(spec_)) return SendResult::kTooLarge;
    const std::shared_ptr<Pipe> in = mailbox_->Find(origin.connection);
    if (in == nullptr) return SendResult::kUnknown;
    // The two ways of a connection have an even number and the odd one above.
    const std::shared_ptr<Pipe> out = in->from->Find(origin.connection ^ 1);
    if (out == nullptr) return SendResult::kUnknown;
    return out->to->Push(out, frame);
  }

  int Poll(int limit, Receiver& receiver) override {
    RAFT_ASSERT(limit > 0);
    bool attention = false;
    // All that is there is taken under one lock, and handed out without it.
    // What is beyond the limit waits here, before what comes next.
    mailbox_->Take(batches_, attention);
    if (attention) CheckConnections(receiver);
    if (batches_.empty()) return 0;
    int count = 0;
    for (Batch& batch : batches_) {
      while (count < limit && batch.next < batch.frames.size()) {
        Frame frame = std::move(batch.frames[batch.next++]);
        batch.freed_bytes += Cost(frame);
        ++count;
        receiver.OnFrame(batch.pipe->origin, std::move(frame));
      }
    }
    const auto first_left = std::find_if(
        batches_.begin(), batches_.end(),
        [](const Batch& batch) { return batch.next < batch.frames.size(); });
    mailbox_->Release(batches_, /*more=*/first_left != batches_.end());
    batches_.erase(batches_.begin(), first_left);
    return count;
  }

  void Wait(absl::Duration timeout) override { mailbox_->Wait(timeout); }
  void Wake() override { mailbox_->Wake(); }

 private:
  struct Peer {
    std::string name;
    // Both null until the peer listens and Poll() has seen it. Shared with the
    // mailboxes they lead to.
    std::shared_ptr<Pipe> out;
    std::shared_ptr<Pipe> in;
    bool trouble_told = false;
  };

  void Drop(Peer& peer) {
    if (peer.out == nullptr) return;
    peer.out->to->Detach(*peer.out);
    mailbox_->Detach(*peer.in);
    peer.out = nullptr;
    peer.in = nullptr;
  }

  // Drops the connections whose other end has closed, dials where there is
  // none, and reports both.
  void CheckConnections(Receiver& receiver) {
    for (auto& entry : peers_) {
      Peer& peer = entry.second;
      if (peer.out != nullptr && peer.out->to->Find(peer.out->id) == nullptr) {
        Drop(peer);
        receiver.OnReset(entry.first, /*up=*/false);
      }
      if (peer.out == nullptr && Dial(peer)) {
        peer.trouble_told = false;
        receiver.OnReset(entry.first, /*up=*/true);
      }
      if (peer.out == nullptr && !peer.trouble_told) {
        peer.trouble_told = true;
        receiver.OnTrouble(entry.first,
                           absl::UnavailableError(absl::StrCat(
                               "nobody listens at loopback://", peer.name)));
      }
    }
  }

  bool Dial(Peer& peer) {
    const std::shared_ptr<Mailbox> target = network_->Find(peer.name);
    if (target == nullptr) return false;
    const uint64_t id = network_->NextPipeIds();
    peer.out = NewPipe(id, spec_.url.address, mailbox_, target);
    peer.in = NewPipe(id + 1, peer.name, target, mailbox_);
    // Both or neither: a reply needs the other way.
    if (mailbox_->Attach(peer.in) && target->Attach(peer.out)) return true;
    Drop(peer);  // It closed this very moment.
    return false;
  }

  std::shared_ptr<Pipe> NewPipe(uint64_t id, absl::string_view sender,
                                std::shared_ptr<Mailbox> from,
                                std::shared_ptr<Mailbox> to) const {
    auto pipe = std::make_shared<Pipe>();
    pipe->id = id;
    pipe->origin.connection = id;
    pipe->origin.address = absl::StrCat("loopback://", sender);
    pipe->limit_bytes = spec_.queue_bytes;
    pipe->from = std::move(from);
    pipe->to = std::move(to);
    return pipe;
  }

  const std::shared_ptr<Network> network_;  // Shared by all that meet in it.
  const std::shared_ptr<Mailbox> mailbox_;  // Shared with those who send here.
  const TransportSpec spec_;
  std::map<Pid, Peer> peers_;
  std::vector<Batch> batches_;  // Taken from the mailbox, oldest first.
};

absl::StatusOr<std::unique_ptr<Transport>> Open(
    const std::shared_ptr<Network>& network, TransportSpec spec) {
  if (spec.url.scheme != "loopback") {
    return absl::InvalidArgumentError(
        absl::StrCat("url: \"", spec.url.ToString(), "\" is not loopback://"));
  }
  absl::StatusOr<ParsedUrl> url = ParseLoopbackUrl(spec.url);
  if (!url.ok()) return url.status();
  spec.url = std::move(url->url);
  if (spec.max_frame_bytes == 0 || spec.queue_bytes == 0) {
    return absl::InvalidArgumentError(
        "max_frame_bytes and queue_bytes: must be above 0");
  }
  auto mailbox = std::make_shared<Mailbox>(FrameBytes(spec));
  absl::Status bound = network->Bind(spec.url.address, mailbox);
  if (!bound.ok()) return bound;
  return std::make_unique<LoopbackTransport>(network, std::move(mailbox),
                                             std::move(spec));
}

}  // namespace
}  // namespace loopback

absl::StatusOr<ParsedUrl> ParseLoopbackUrl(const Url& url) {
  const bool any = url.address == "*";
  const bool name =
      !url.address.empty() &&
      std::all_of(url.address.begin(), url.address.end(), [](char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-' ||
               c == '/';
      });
  if (!name && !any) {
    return UrlError(url, "name", url.address,
                    "is not '*', nor made of letters, digits, '.', '_', '-' "
                    "and '/'");
  }
  return ParsedUrl{url, any};
}

Opener NewLoopbackNetwork() {
  // Shared, because copies of the opener meet in one network.
  auto network = std::make_shared<loopback::Network>();
  return [network](const TransportSpec& spec) {
    return loopback::Open(network, spec);
  };
}

}  // namespace raft_cluster::internal
