#include "raft/cluster/server.h"

#include <xxhash.h>

#include <array>
#include <chrono>  // NOLINT(build/c++11)
#include <random>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "raft/base/allocator.h"
#include "raft/base/fork_guard.h"
#include "raft/cluster/conversions.h"
#include "raft/cluster/engine/pump.h"
#include "raft/cluster/engine_options.h"
#include "raft/cluster/members.h"
#include "raft/transport/url.h"

namespace raft_cluster {
namespace {

using internal::EngineOptions;
using internal::Life;
using internal::Members;
using internal::Pump;
using internal::ToReceipt;
using internal::ToReceived;

// Envelopes that SendMany() gives to the pump at a time.
constexpr size_t kSentTogether = 64;

uint64_t RandomBits() {
  // The system's, and no generator with a seed: two machines that start alike
  // must not draw the same life.
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

uint64_t WallClock() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Life NewLife() {
  Life life;
  life.start_us = WallClock();
  life.random = RandomBits();
  return life;
}

internal::Outgoing ReferTo(const absl::Cord& msg, uint64_t id, bool broadcast) {
  internal::Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = broadcast;
  // A flat cord is shared as it is. One of many pieces is copied once: frames
  // are cut from one piece of memory.
  if (auto owner = std::make_shared<const absl::Cord>(msg);
      owner->TryFlat().has_value()) {
    envelope.msg = Bytes(owner, *owner->TryFlat());
  } else {
    envelope.msg = Bytes::Own(std::string(msg));
  }
  return envelope;
}

// What the calls answer that never wait, where one that waits would say that
// its time is up. Made once: they are for who looks again and again.
absl::Status UnlessNothingIsThere(const absl::Status& status) {
  static const auto* const nothing =
      new absl::Status(absl::UnavailableError("nothing is there yet"));
  return absl::IsDeadlineExceeded(status) ? *nothing : status;
}

// Of a large one that is sure to be refused nothing is copied.
absl::Status CheckLarge(Pump& pump, Pid to, size_t size, absl::Duration timeout,
                        bool only_live = false) {
  if (size < internal::kReferenceBytes) return absl::OkStatus();
  return pump.Check(to, size, timeout, only_live);
}

}  // namespace

absl::StatusOr<Receipt> Outbox::TrySend(Pid to, absl::string_view msg,
                                        uint64_t id, SendWhen when) {
  if (pump_->InForkedChild()) return internal::Forked();
  const bool only_live = when == SendWhen::kLive;
  absl::Status status =
      CheckLarge(*pump_, to, msg.size(), absl::ZeroDuration(), only_live);
  if (!status.ok()) return status;
  return ToReceipt(
      pump_->Send(to, internal::MakeOutgoing(msg, id, to == kBroadcast),
                  absl::ZeroDuration(), only_live));
}

absl::StatusOr<Receipt> Outbox::Send(Pid to, absl::string_view msg,
                                     absl::Duration timeout, uint64_t id) {
  if (pump_->InForkedChild()) return internal::Forked();
  absl::Status status = CheckLarge(*pump_, to, msg.size(), timeout);
  if (!status.ok()) return status;
  return ToReceipt(pump_->Send(
      to, internal::MakeOutgoing(msg, id, to == kBroadcast), timeout));
}

absl::StatusOr<Receipt> Outbox::Send(Pid to, const absl::Cord& msg,
                                     absl::Duration timeout, uint64_t id) {
  if (pump_->InForkedChild()) return internal::Forked();
  absl::Status status = CheckLarge(*pump_, to, msg.size(), timeout);
  if (!status.ok()) return status;
  return ToReceipt(
      pump_->Send(to, ReferTo(msg, id, to == kBroadcast), timeout));
}

SentMany Outbox::SendMany(absl::Span<const ToSend> envelopes,
                          absl::Duration timeout) {
  SentMany sent;
  Pump::Patience patience{timeout};
  std::array<Pump::Addressed, kSentTogether> together;
  while (sent.accepted < envelopes.size() && sent.status.ok()) {
    if (pump_->InForkedChild()) {
      sent.status = internal::Forked();
      return sent;
    }
    size_t count = 0;
    // A large one is copied here, so that there is one of them at a time.
    for (bool large = false; !large && count < together.size() &&
                             sent.accepted + count < envelopes.size();
         ++count) {
      const ToSend& next = envelopes[sent.accepted + count];
      large = next.msg.size() >= internal::kReferenceBytes;
      together[count].to = next.to;
      together[count].envelope =
          internal::MakeOutgoing(next.msg, next.id, next.to == kBroadcast);
    }
    internal::Acceptances accepted =
        pump_->SendMany(absl::MakeConstSpan(together.data(), count), &patience);
    sent.accepted += accepted.envelopes;
    sent.skipped += accepted.skipped;
    sent.status = std::move(accepted.status);
  }
  return sent;
}

size_t Outbox::Discard(Pid to) {
  return pump_->InForkedChild() ? 0 : pump_->Discard(to);
}

void Outbox::Close() {
  if (!pump_->InForkedChild()) pump_->CloseOutbox();
}

absl::StatusOr<Received> Inbox::Receive(absl::Duration timeout) {
  if (pump_->InForkedChild()) return internal::Forked();
  Received result;
  absl::StatusOr<size_t> count =
      pump_->Receive(timeout, 1, [&](internal::Delivery&& delivery) {
        result = ToReceived(std::move(delivery));
      });
  if (!count.ok()) return count.status();
  return result;
}

absl::StatusOr<size_t> Inbox::ReceiveBatch(absl::Duration timeout, size_t limit,
                                           std::vector<Received>& out) {
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->Receive(timeout, limit, [&](internal::Delivery&& delivery) {
    out.push_back(ToReceived(std::move(delivery)));
  });
}

absl::StatusOr<size_t> Inbox::ReceiveBatch(absl::Duration timeout, size_t limit,
                                           Batch& batch) {
  batch.Clear();
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->Receive(
      timeout, limit,
      [&](internal::Delivery&& delivery) {
        batch.Add({delivery.from, delivery.to, delivery.id,
                   delivery.incarnation, delivery.msg},
                  std::move(delivery.pin));
      },
      internal::Pins::kOneForARun);
}

absl::StatusOr<Received> Inbox::TryReceive() {
  absl::StatusOr<Received> received = Receive(absl::ZeroDuration());
  if (received.ok()) return received;
  return UnlessNothingIsThere(received.status());
}

absl::StatusOr<size_t> Inbox::TryReceiveBatch(size_t limit,
                                              std::vector<Received>& out) {
  const absl::StatusOr<size_t> count =
      ReceiveBatch(absl::ZeroDuration(), limit, out);
  if (count.ok()) return count;
  return UnlessNothingIsThere(count.status());
}

absl::StatusOr<size_t> Inbox::TryReceiveBatch(size_t limit, Batch& batch) {
  const absl::StatusOr<size_t> count =
      ReceiveBatch(absl::ZeroDuration(), limit, batch);
  if (count.ok()) return count;
  return UnlessNothingIsThere(count.status());
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config,
                                                      Pid pid,
                                                      const Options& options) {
  if (absl::Status status = CheckConfig(config, options.transports);
      !status.ok()) {
    return status;
  }
  if (absl::Status status = internal::CheckOptions(options); !status.ok()) {
    return status;
  }
  // What can be refused without a transport is, before one is opened: who is
  // not going to start takes no address.
  absl::StatusOr<Members> members = internal::ReadMembers(config, pid, options);
  if (!members.ok()) return members.status();
  TransportSpec spec;
  spec.url = members->listen;
  spec.self = pid;
  spec.max_frame_bytes = internal::kMaxFrameBytes;
  spec.large_frame_bytes = internal::kLargestFrameBytes;
  spec.expected_peers = static_cast<int>(members->peers.size());
  spec.spin = options.spin;
  spec.keys = members->keys;
  const bool has_keys = !spec.keys.listed.empty();
  // Before the first frame: what malloc is told counts for what it hands out
  // later.
  internal::KeepFreedFrames();
  absl::StatusOr<std::unique_ptr<Transport>> transport =
      options.transports.Open(spec);
  if (!transport.ok()) return transport.status();
  const Properties properties = (*transport)->properties();
  // Only asked of the open one: what a transport makes of keys is its own
  // affair.
  if (has_keys && !properties.proves_peers) {
    return absl::InvalidArgumentError(
        absl::StrCat("the servers of the configuration have \"keys\", but ",
                     spec.url.scheme, ":// knows none; use another scheme"));
  }

  EngineOptions engine;
  internal::ApplyOptions(options, &engine);
  engine.link.cluster =
      XXH3_64bits(members->cluster.data(), members->cluster.size());
  engine.link.config_digest = members->digest;
  engine.link.self = pid;
  engine.link.fifo = properties.fifo;
  engine.link.fragment_bytes =
      internal::FragmentBytesFor(properties.preferred_frame_bytes);
  engine.proven_peers = properties.proves_peers;
  engine.in_the_clear =
      properties.reachable_from_afar && !properties.proves_peers;
  engine.url = (*transport)->url().ToString();
  engine.bound_address = properties.bound_address;
  engine.peers = members->peers;
  engine.keys = spec.keys.listed;
  engine.life = NewLife();
  engine.wall_clock = WallClock;
  engine.seed = RandomBits();
  engine.link.self_url = members->self.url.ToString();
  auto pump = std::make_unique<Pump>(*std::move(transport), engine);
  if (absl::Status status = pump->Connect(spec.keys); !status.ok()) {
    return status;
  }
  if (absl::Status status = pump->Start(); !status.ok()) return status;
  auto server = absl::WrapUnique(new Server(std::move(pump)));
  server->pid_ = pid;
  server->url_ = engine.url;
  server->in_force_ =
      std::make_unique<internal::InForce>(options, *std::move(members));
  return server;
}

Server::Server(std::unique_ptr<internal::Pump> pump)
    : pump_(std::move(pump)), outbox_(pump_.get()), inbox_(pump_.get()) {}

Server::~Server() {
  // To take it down would be to wait for threads that are not here.
  if (pump_->InForkedChild()) (void)pump_.release();
}

absl::Status Server::WaitForPeers(int count, absl::Duration timeout) {
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->WaitForPeers(count, timeout);
}

absl::StatusOr<Event> Server::NextEvent(absl::Duration timeout) {
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->NextEvent(timeout);
}

absl::StatusOr<Event> Server::TryNextEvent() {
  absl::StatusOr<Event> event = NextEvent(absl::ZeroDuration());
  if (event.ok()) return event;
  return UnlessNothingIsThere(event.status());
}

absl::StatusOr<int> Server::fd() {
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->Fd();
}

absl::Status Server::Post(std::function<void(Context&)> function) {
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->Post(std::move(function));
}

std::vector<Pid> Server::peers() const {
  return pump_->InForkedChild() ? std::vector<Pid>() : pump_->Peers();
}

Stats Server::stats() const {
  return pump_->InForkedChild() ? Stats() : pump_->GetStats();
}

Recording Server::recording() const {
  return pump_->InForkedChild() ? Recording() : pump_->GetRecording();
}

absl::Status Server::Close(absl::Duration timeout) {
  if (pump_->InForkedChild()) return internal::Forked();
  return pump_->Close(timeout);
}

void Server::Interrupt() {
  if (!pump_->InForkedChild()) pump_->Interrupt();
}

}  // namespace raft_cluster
