// Engines of one cluster under test, without threads, clocks or transports:
//
//   Engines engines(3);
//   engines.Pass(10000);                            // Microseconds.
//   engines[1].Offer(kBroadcast, Text(7, "hi"), engines.now);
//   engines.Pass(1000);
//   engines.Take(2);                                // "hi"
//
// Thread rule: one thread.
#ifndef RAFT_CLUSTER_ENGINE_TESTING_ENGINES_H_
#define RAFT_CLUSTER_ENGINE_TESTING_ENGINES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/engine/engine.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {

inline Outgoing Text(uint64_t id, const std::string& msg,
                     bool broadcast = false) {
  Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = broadcast;
  envelope.msg = Bytes::Copy(msg);
  return envelope;
}

class Engines {
 public:
  explicit Engines(int count, const LinkOptions& link = DefaultLink(),
                   Micros idle_timeout = kNever,
                   uint64_t total_budget_bytes = UINT64_MAX)
      : link_(link),
        idle_timeout_(idle_timeout),
        total_budget_bytes_(total_budget_bytes),
        count_(count) {
    for (Pid pid = 1; pid <= count; ++pid) Start(pid, Life{100, 1});
  }

  static LinkOptions DefaultLink() {
    LinkOptions link;
    link.cluster = 77;
    link.link_budget_bytes = 200000;
    link.inbox_budget_bytes = 200000;
    link.max_envelope_bytes = 100000;
    return link;
  }

  // Also in place of the life before, which is never heard again.
  void Start(Pid pid, Life life) {
    EngineOptions options;
    options.link = link_;
    options.link.self = pid;
    options.life = life;
    options.seed = static_cast<uint64_t>(pid);
    options.url = options.link.self_url = "test://" + std::to_string(pid);
    options.idle_timeout = idle_timeout_;
    options.total_budget_bytes = total_budget_bytes_;
    for (Pid peer = 1; peer <= count_; ++peer) {
      if (peer == pid) continue;
      options.peers.push_back(
          {peer, *ParseUrl("test://" + std::to_string(peer))});
    }
    engines_[pid] = std::make_unique<Engine>(options, now);
  }
  void Stop(Pid pid) { engines_.erase(pid); }
  bool running(Pid pid) const { return engines_.count(pid) > 0; }
  Engine& operator[](Pid pid) { return *engines_.at(pid); }

  // All that happens in this time, in steps of `step`.
  void Pass(Micros duration, Micros step = 500) {
    for (const Micros end = now + duration; now < end; now += step) {
      for (; !wire_.empty() && wire_.begin()->first <= now;
           wire_.erase(wire_.begin())) {
        const auto& [from, to, frame] = wire_.begin()->second;
        if (running(to))
          Arrive(to, frame, Origin{0, static_cast<uint64_t>(from), ""});
      }
      for (auto& [pid, engine] : engines_) Speak(pid, *engine);
    }
  }

  void Arrive(Pid to, const Frame& frame, const Origin& origin) {
    ParsedFrame parsed;
    const ParseResult result = ParseFrame(frame, true, &parsed);
    (*this)[to].OnFrame(origin, result, parsed, now);
  }

  // The msg of the next envelope; "" if there is none.
  std::string Take(Pid pid) {
    Delivery received;
    return (*this)[pid].Take(&received, now) ? std::string(received.msg) : "";
  }

  const PeerStats& Peer(Pid pid, Pid peer) {
    stats_ = (*this)[pid].GetStats(now);
    for (const PeerStats& stats : stats_.peers()) {
      if (stats.pid() == peer) return stats;
    }
    static const PeerStats none;
    return none;
  }

  Micros now = 1000000;
  // True: the frame is lost.
  std::function<bool(Pid from, Pid to)> lose;

 private:
  struct Travelling {
    Pid from, to;
    Frame frame;
  };

  void Speak(Pid pid, Engine& engine) {
    std::vector<Pid> reconnect;
    engine.Tick(now, &reconnect);
    for (Pid peer : reconnect) engine.OnReset(peer, /*up=*/true, now);
    for (Engine::Due due; engine.NextFrame(now, /*sleeping=*/true, &due);) {
      const Pid to = due.out.reply ? static_cast<Pid>(due.out.origin.connection)
                                   : due.peer;
      if (lose && lose(pid, to)) continue;
      wire_.emplace(now + 100, Travelling{pid, to, due.out.Encode()});
    }
  }

  const LinkOptions link_;
  const Micros idle_timeout_;
  const uint64_t total_budget_bytes_;
  const Pid count_;
  std::map<Pid, std::unique_ptr<Engine>> engines_;
  std::multimap<Micros, Travelling> wire_;
  Stats stats_;
};

inline void ExpectBalance(Engines& engines, Pid pid) {
  const Stats stats = engines[pid].GetStats(engines.now);
  uint64_t sent = 0;
  for (const PeerStats& peer : stats.peers()) {
    const Ledger& ledger = peer.ledger();
    EXPECT_EQ(ledger.accepted(), ledger.taken() + ledger.voided() +
                                     ledger.abandoned() + ledger.in_flight());
    EXPECT_EQ(ledger.offered(),
              ledger.accepted() + ledger.skipped() + ledger.refused());
    sent += ledger.accepted();
  }
  EXPECT_EQ(stats.sent(), sent);
}

// Takes all events, and returns those of the kind.
inline std::vector<Event> Events(Engine& engine, Event::Kind kind) {
  std::vector<Event> events;
  for (Event event; engine.NextEvent(&event);) {
    if (event.kind() == kind) events.push_back(event);
  }
  return events;
}

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_ENGINE_TESTING_ENGINES_H_
