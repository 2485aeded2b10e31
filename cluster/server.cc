#include "raft/cluster/server.h"

#include <xxhash.h>

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <random>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "raft/base/allocator.h"
#include "raft/base/fork_guard.h"
#include "raft/cluster/config/key_file.h"
#include "raft/cluster/conversions.h"
#include "raft/cluster/engine/pump.h"
#include "raft/transport/url.h"

namespace raft_cluster {
namespace {

constexpr size_t kMaxEnvelopeBytes = size_t{1} << 30;
constexpr size_t kBudgetAboveEnvelope = size_t{64} << 10;
constexpr absl::Duration kMinFailureTimeout = absl::Milliseconds(50);
constexpr absl::Duration kMaxFailureTimeout = absl::Hours(1);
constexpr int kHeartbeatsPerFailure = 10;

using internal::EngineOptions;
using internal::Life;
using internal::LinkOptions;
using internal::Pump;
using internal::ToReceipt;
using internal::ToReceived;

absl::Status BudgetError(absl::string_view name, size_t value,
                         size_t envelope) {
  return absl::InvalidArgumentError(
      absl::StrCat("Options::", name, " is ", value,
                   ", but must be at least max_envelope_bytes + 65536 = ",
                   envelope + kBudgetAboveEnvelope));
}

absl::Status CheckOptions(const Options& options) {
  const size_t envelope = options.max_envelope_bytes;
  if (envelope > kMaxEnvelopeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("Options::max_envelope_bytes is ", envelope,
                     ", but at most ", kMaxEnvelopeBytes, " is allowed"));
  }
  if (options.link_budget_bytes < envelope + kBudgetAboveEnvelope) {
    return BudgetError("link_budget_bytes", options.link_budget_bytes,
                       envelope);
  }
  if (options.inbox_budget_bytes < envelope + kBudgetAboveEnvelope) {
    return BudgetError("inbox_budget_bytes", options.inbox_budget_bytes,
                       envelope);
  }
  if (options.failure_timeout < kMinFailureTimeout ||
      options.failure_timeout > kMaxFailureTimeout) {
    return absl::InvalidArgumentError(
        absl::StrCat("Options::failure_timeout is ",
                     absl::FormatDuration(options.failure_timeout),
                     ", not within ", absl::FormatDuration(kMinFailureTimeout),
                     " to ", absl::FormatDuration(kMaxFailureTimeout)));
  }
  if (options.idle_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Options::idle_timeout is ", absl::FormatDuration(options.idle_timeout),
        ", but must be above 0 (InfiniteDuration: never)"));
  }
  return absl::OkStatus();
}

uint64_t WallClock() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Life NewLife() {
  std::random_device random;
  Life life;
  life.start_us = WallClock();
  life.random = uint64_t{random()} << 32 | random();
  return life;
}

LinkOptions MakeLinkOptions(const Config& config, Pid pid,
                            const Options& options) {
  const std::string& cluster = config.object().cluster();
  LinkOptions link;
  link.cluster = XXH3_64bits(cluster.data(), cluster.size());
  link.config_digest = ConfigDigest(config);
  link.self = pid;
  link.link_budget_bytes = options.link_budget_bytes;
  link.inbox_budget_bytes = options.inbox_budget_bytes;
  link.max_envelope_bytes = options.max_envelope_bytes;
  link.failure_timeout = absl::ToInt64Microseconds(options.failure_timeout);
  link.heartbeat = link.failure_timeout / kHeartbeatsPerFailure;
  link.void_on_restart = options.on_restart == Options::OnRestart::kVoid;
  return link;
}

// The parsed url of each member; the config has been checked.
absl::StatusOr<std::vector<PeerSpec>> ParseMembers(const Config& config,
                                                   const Registry& registry) {
  std::vector<PeerSpec> members;
  int entry = 0;
  for (const Config::Member& member : config.object().servers()) {
    ++entry;
    absl::StatusOr<Url> url = ParseUrl(member.url());
    if (!url.ok()) return url.status();
    if (!registry.Knows(url->scheme)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "entry ", entry, " (mypid ", member.mypid(), "), field \"url\": \"",
          member.url(), "\" has the scheme \"", url->scheme,
          "\", but there are transports for ",
          absl::StrJoin(registry.schemes(), ", "), " only"));
    }
    members.push_back({member.mypid(), *std::move(url)});
  }
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return members;
}

// The keys of the configuration and the secret of the own file.
absl::StatusOr<TransportKeys> MakeKeys(const Config& config,
                                       const Options& options) {
  TransportKeys keys;
  for (const Config::Member& member : config.object().servers()) {
    if (member.keys().empty()) continue;
    keys.listed[member.mypid()].assign(member.keys().begin(),
                                       member.keys().end());
  }
  if (options.key_file.empty() != keys.listed.empty()) {
    return absl::InvalidArgumentError(
        keys.listed.empty()
            ? "Options::key_file is set, but no server of the configuration "
              "has \"keys\": nobody could be told from a stranger"
            : "the servers of the configuration have \"keys\", but "
              "Options::key_file does not say where this one's secret is");
  }
  if (keys.listed.empty()) return keys;
  absl::StatusOr<std::string> secret = internal::ReadKeyFile(options.key_file);
  if (!secret.ok()) return secret.status();
  keys.secret = *std::move(secret);
  return keys;
}

internal::Outgoing ReferTo(const absl::Cord& msg, uint64_t id, bool broadcast) {
  internal::Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = broadcast;
  if (auto owner = std::make_shared<const absl::Cord>(msg);
      owner->TryFlat().has_value()) {
    envelope.msg = Bytes(owner, *owner->TryFlat());
  } else {
    envelope.msg = Bytes::Own(std::string(msg));
  }
  return envelope;
}

}  // namespace

absl::StatusOr<Receipt> Outbox::TrySend(Pid to, absl::string_view msg,
                                        uint64_t id) {
  return Send(to, msg, absl::ZeroDuration(), id);
}

absl::StatusOr<Receipt> Outbox::Send(Pid to, absl::string_view msg,
                                     absl::Duration timeout, uint64_t id) {
  if (pump_->InForkedChild()) return internal::Forked();
  return ToReceipt(pump_->Send(
      to, internal::MakeOutgoing(msg, id, to == kBroadcast), timeout));
}

absl::StatusOr<Receipt> Outbox::Send(Pid to, const absl::Cord& msg,
                                     absl::Duration timeout, uint64_t id) {
  if (pump_->InForkedChild()) return internal::Forked();
  return ToReceipt(
      pump_->Send(to, ReferTo(msg, id, to == kBroadcast), timeout));
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

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config,
                                                      Pid pid,
                                                      const Options& options) {
  if (absl::Status status = CheckConfig(config); !status.ok()) return status;
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  absl::StatusOr<std::vector<PeerSpec>> members =
      ParseMembers(config, options.transports);
  if (!members.ok()) return members.status();
  const auto self =
      std::find_if(members->begin(), members->end(),
                   [&](const PeerSpec& member) { return member.pid == pid; });
  if (self == members->end()) {
    return absl::NotFoundError(absl::StrCat(
        "no server with mypid ", pid, " in the configuration; there are ",
        absl::StrJoin(*members, ", ", [](std::string* out, const auto& member) {
          absl::StrAppend(out, member.pid);
        })));
  }
  TransportSpec spec;
  spec.url = self->url;
  spec.self = pid;
  spec.max_frame_bytes = internal::kMaxFrameBytes;
  absl::StatusOr<TransportKeys> keys = MakeKeys(config, options);
  if (!keys.ok()) return keys.status();
  spec.keys = *std::move(keys);
  const bool has_keys = !spec.keys.listed.empty();
  internal::KeepFreedFrames();
  absl::StatusOr<std::unique_ptr<Transport>> transport =
      options.transports.Open(spec);
  if (!transport.ok()) return transport.status();
  const Properties properties = (*transport)->properties();
  if (has_keys && !properties.proves_peers) {
    return absl::InvalidArgumentError(
        absl::StrCat("the servers of the configuration have \"keys\", but ",
                     spec.url.scheme, ":// knows none; use another scheme"));
  }
  members->erase(self);

  EngineOptions engine;
  engine.link = MakeLinkOptions(config, pid, options);
  engine.link.fifo = properties.fifo;
  engine.proven_peers = properties.proves_peers;
  engine.in_the_clear =
      properties.reachable_from_afar && !properties.proves_peers;
  engine.url = (*transport)->url().ToString();
  engine.peers = *members;
  engine.life = NewLife();
  engine.wall_clock = WallClock;
  engine.seed = engine.life.random;
  if (options.idle_timeout != absl::InfiniteDuration()) {
    engine.idle_timeout = absl::ToInt64Microseconds(options.idle_timeout);
  }
  auto pump = std::make_unique<Pump>(*std::move(transport), engine);
  if (absl::Status status = pump->Connect(); !status.ok()) return status;
  if (absl::Status status = pump->Start(); !status.ok()) return status;
  auto server = absl::WrapUnique(new Server(std::move(pump)));
  server->pid_ = pid;
  server->url_ = engine.url;
  for (const PeerSpec& member : *members) {
    server->peers_.push_back(member.pid);
  }
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

}  // namespace raft_cluster
