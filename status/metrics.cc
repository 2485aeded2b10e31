#include "raft/status/metrics.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "raft/status/utf8.h"

namespace raft_cluster {
namespace {

using internal::ValidUtf8;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr double kMicro = 1e-6;

// The bounds of the histogram that is shown: each power of two from 64 us to
// 67 s. They are bounds of the account's buckets too, so that no count is
// guessed; and they never change, since Prometheus could not add what differs.
constexpr int kFirstPower = 6;
constexpr int kLastPower = 26;

// What is one number of a peer.
struct PeerMetric {
  const char* name;
  MetricType type;
  const char* help;
  double (*value)(const PeerStats& peer);
};

double Number(uint64_t value) { return static_cast<double>(value); }

constexpr PeerMetric kPeerMetrics[] = {
    {"envelopes_offered_total", MetricType::Counter,
     "Envelopes that the application offered for the peer: accepted, skipped "
     "and refused ones.",
     [](const PeerStats& peer) { return Number(peer.ledger().offered()); }},
    {"envelopes_accepted_total", MetricType::Counter,
     "Envelopes for the peer that the outbox accepted. Each becomes taken, "
     "voided or abandoned, and is in flight until then.",
     [](const PeerStats& peer) { return Number(peer.ledger().accepted()); }},
    {"envelopes_skipped_total", MetricType::Counter,
     "Broadcast envelopes that were not accepted for the peer, since it was "
     "not live and its queue was full.",
     [](const PeerStats& peer) { return Number(peer.ledger().skipped()); }},
    {"envelopes_refused_total", MetricType::Counter,
     "Envelopes for the peer that the outbox refused, most often because the "
     "queue was full.",
     [](const PeerStats& peer) { return Number(peer.ledger().refused()); }},
    {"envelopes_taken_total", MetricType::Counter,
     "Envelopes that the peer's application is known to have taken.",
     [](const PeerStats& peer) { return Number(peer.ledger().taken()); }},
    {"envelopes_voided_total", MetricType::Counter,
     "Envelopes not known to have been taken when the peer restarted or left.",
     [](const PeerStats& peer) { return Number(peer.ledger().voided()); }},
    {"envelopes_abandoned_total", MetricType::Counter,
     "Envelopes not known to have been taken when this server closed or was "
     "superseded.",
     [](const PeerStats& peer) { return Number(peer.ledger().abandoned()); }},
    {"envelopes_in_flight", MetricType::Gauge,
     "Envelopes that are accepted and have no outcome yet.",
     [](const PeerStats& peer) { return Number(peer.ledger().in_flight()); }},
    {"envelopes_received_total", MetricType::Counter,
     "Envelopes of the peer that came into the inbox.",
     [](const PeerStats& peer) { return Number(peer.received()); }},
    {"envelopes_received_taken_total", MetricType::Counter,
     "Envelopes of the peer that this server's application has taken out of "
     "the inbox.",
     [](const PeerStats& peer) { return Number(peer.received_taken()); }},
    {"sent_bytes_total", MetricType::Counter,
     "Bytes of envelopes sent to the peer, repeats included.",
     [](const PeerStats& peer) { return Number(peer.sent_bytes()); }},
    {"received_bytes_total", MetricType::Counter,
     "Bytes of envelopes that came from the peer, repeats included.",
     [](const PeerStats& peer) { return Number(peer.received_bytes()); }},
    {"queued_bytes", MetricType::Gauge,
     "Bytes held for the peer; full at raft_cluster_link_budget_bytes.",
     [](const PeerStats& peer) { return Number(peer.queued_bytes()); }},
    {"inbox_bytes", MetricType::Gauge,
     "Bytes of the peer that wait in the inbox; full at "
     "raft_cluster_inbox_budget_bytes.",
     [](const PeerStats& peer) { return Number(peer.inbox_bytes()); }},
    {"oldest_untaken_seconds", MetricType::Gauge,
     "How long the oldest envelope without an outcome has been waiting.",
     [](const PeerStats& peer) {
       return Number(peer.oldest_untaken_us()) * kMicro;
     }},
    {"round_trip_seconds", MetricType::Gauge,
     "Smoothed round trip to the peer; 0 until it is known.",
     [](const PeerStats& peer) {
       return Number(peer.round_trip_us()) * kMicro;
     }},
    {"unheard_seconds", MetricType::Gauge,
     "How long the peer has not been heard; 0 where there is no session.",
     [](const PeerStats& peer) { return Number(peer.heard_us()) * kMicro; }},
    {"reconnects_total", MetricType::Counter,
     "How often the connection to the peer was made anew.",
     [](const PeerStats& peer) { return Number(peer.reconnects()); }},
    {"frames_resent_total", MetricType::Counter,
     "Frames sent again because there was evidence of their loss.",
     [](const PeerStats& peer) { return Number(peer.frames_resent()); }},
};

ClientMetric Metric(Labels labels, MetricType type, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return metric;
}

std::string Life(const Incarnation& life) {
  return absl::StrCat(life.start_us(), "-", absl::Hex(life.random()));
}

class Collection {
 public:
  explicit Collection(const Stats& stats)
      : stats_(stats), server_{"server", absl::StrCat(stats.pid())} {}

  std::vector<MetricFamily> Collect() {
    AddServer();
    AddPeers();
    AddStates();
    AddRefusals();
    AddDelays();
    return std::move(families_);
  }

 private:
  MetricFamily& Add(absl::string_view name, MetricType type, const char* help) {
    MetricFamily family;
    family.name = absl::StrCat("raft_cluster_", name);
    family.help = help;
    family.type = type;
    families_.push_back(std::move(family));
    return families_.back();
  }

  void AddOne(absl::string_view name, MetricType type, const char* help,
              double value, Labels more = {}) {
    more.insert(more.begin(), server_);
    Add(name, type, help)
        .metric.push_back(Metric(std::move(more), type, value));
  }

  Labels OfPeer(const PeerStats& peer) const {
    return {server_, {"peer", absl::StrCat(peer.pid())}};
  }

  void AddServer() {
    AddOne("info", MetricType::Gauge, "What this server is; always 1.", 1,
           {{"url", ValidUtf8(stats_.url())},
            {"incarnation", Life(stats_.incarnation())}});
    AddOne("start_time_seconds", MetricType::Gauge,
           "When this life of the server began, since 1970.",
           Number(stats_.incarnation().start_us()) * kMicro);
    AddOne("closed", MetricType::Gauge,
           "1 if the server is closed or superseded, else 0.",
           stats_.closed() ? 1 : 0);
    AddOne("late_seconds", MetricType::Gauge,
           "By how much the thread that moves frames is late. Well below "
           "raft_cluster_failure_timeout_seconds, or peers call this server "
           "silent.",
           Number(stats_.late_us()) * kMicro);
    AddOne("failure_timeout_seconds", MetricType::Gauge,
           "A peer that is not heard for so long is SILENT.",
           Number(stats_.failure_timeout_us()) * kMicro);
    AddOne("link_budget_bytes", MetricType::Gauge,
           "The bound of raft_cluster_queued_bytes.",
           Number(stats_.link_budget_bytes()));
    AddOne("inbox_budget_bytes", MetricType::Gauge,
           "The bound of raft_cluster_inbox_bytes.",
           Number(stats_.inbox_budget_bytes()));
    AddOne(
        "held_bytes", MetricType::Gauge,
        "Bytes held for all peers together, to be sent and to be taken; what "
        "is broadcast counts once. Bound by raft_cluster_total_budget_bytes.",
        Number(stats_.total_bytes()));
    AddOne(
        "total_budget_bytes", MetricType::Gauge,
        "The bound of raft_cluster_held_bytes; half of it for peers that are "
        "not up.",
        Number(stats_.total_budget_bytes()));
    AddOne("ledger_balanced", MetricType::Gauge,
           "1 if every peer's ledger balances; 0 is a bug of this library.",
           stats_.balanced() ? 1 : 0);
    AddOne("events_missed_total", MetricType::Counter,
           "Events discarded because the application did not fetch them.",
           Number(stats_.events_missed()));
  }

  void AddPeers() {
    for (const PeerMetric& what : kPeerMetrics) {
      MetricFamily& family = Add(what.name, what.type, what.help);
      for (const PeerStats& peer : stats_.peers()) {
        family.metric.push_back(
            Metric(OfPeer(peer), what.type, what.value(peer)));
      }
    }
    MetricFamily& info =
        Add("peer_info", MetricType::Gauge, "What the peer is; always 1.");
    for (const PeerStats& peer : stats_.peers()) {
      Labels labels = OfPeer(peer);
      labels.push_back({"url", ValidUtf8(peer.url())});
      labels.push_back({"incarnation", Life(peer.incarnation())});
      labels.push_back({"version", absl::StrCat(peer.version())});
      info.metric.push_back(Metric(std::move(labels), MetricType::Gauge, 1));
    }
  }

  void AddStates() {
    const auto& names = *PeerStats::State_descriptor();
    MetricFamily& states =
        Add("peer_state", MetricType::Gauge,
            "1 for the state that the peer is in, 0 for all others.");
    for (const PeerStats& peer : stats_.peers()) {
      for (int i = 0; i < names.value_count(); ++i) {
        if (names.value(i)->number() == PeerStats::STATE_UNSPECIFIED) continue;
        Labels labels = OfPeer(peer);
        labels.push_back(
            {"state", absl::AsciiStrToLower(names.value(i)->name())});
        states.metric.push_back(
            Metric(std::move(labels), MetricType::Gauge,
                   peer.state() == names.value(i)->number() ? 1 : 0));
      }
    }
    MetricFamily& since = Add("peer_state_seconds", MetricType::Gauge,
                              "How long the peer has been in its state.");
    MetricFamily why{"raft_cluster_peer_trouble",
                     "1 for each peer that is not up, and why.",
                     MetricType::Gauge,
                     {}};
    for (const PeerStats& peer : stats_.peers()) {
      since.metric.push_back(Metric(OfPeer(peer), MetricType::Gauge,
                                    Number(peer.state_us()) * kMicro));
      if (peer.reason().empty()) continue;
      Labels labels = OfPeer(peer);
      labels.push_back({"reason", ValidUtf8(peer.reason())});
      why.metric.push_back(Metric(std::move(labels), MetricType::Gauge, 1));
    }
    families_.push_back(std::move(why));
  }

  // The frames of nobody in particular have no `peer`.
  void AddRefusals() {
    MetricFamily& family =
        Add("frames_refused_total", MetricType::Counter,
            "Frames and callers that were turned away, by reason; without the "
            "label peer, those of nobody in particular.");
    const auto add = [&family](Labels labels, const Refusal& refusal) {
      labels.push_back({"reason", absl::AsciiStrToLower(
                                      Refusal::Reason_Name(refusal.reason()))});
      family.metric.push_back(Metric(std::move(labels), MetricType::Counter,
                                     Number(refusal.count())));
    };
    for (const Refusal& refusal : stats_.refused_frames()) {
      add({server_}, refusal);
    }
    for (const PeerStats& peer : stats_.peers()) {
      for (const Refusal& refusal : peer.refused_frames()) {
        add(OfPeer(peer), refusal);
      }
    }
  }

  void AddDelays() {
    MetricFamily& family =
        Add("taken_delay_seconds", MetricType::Histogram,
            "From the outbox's OK until the envelope was known to be taken; a "
            "sample, of one envelope of a peer at a time.");
    for (const PeerStats& peer : stats_.peers()) {
      ClientMetric metric;
      metric.label = OfPeer(peer);
      const Histogram& delay = peer.delay();
      metric.histogram.sample_count = delay.count();
      metric.histogram.sample_sum = Number(delay.sum_us()) * kMicro;
      int next = 0;
      uint64_t count = 0;
      for (int power = kFirstPower; power <= kLastPower; ++power) {
        const uint64_t bound = uint64_t{1} << power;
        while (next < delay.buckets_size() &&
               delay.buckets(next).up_to_us() < bound) {
          count += delay.buckets(next++).count();
        }
        metric.histogram.bucket.push_back({count, Number(bound) * kMicro});
      }
      metric.histogram.bucket.push_back(
          {delay.count(), std::numeric_limits<double>::infinity()});
      family.metric.push_back(std::move(metric));
    }
  }

  const Stats& stats_;
  const ClientMetric::Label server_;
  std::vector<MetricFamily> families_;
};

}  // namespace

std::vector<MetricFamily> MetricsOf(const Stats& stats) {
  return Collection(stats).Collect();
}

std::vector<MetricFamily> ServerMetrics::Collect() const {
  return MetricsOf(server_.stats());
}

}  // namespace raft_cluster
