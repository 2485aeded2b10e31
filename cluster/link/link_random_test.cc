// Two servers, any number of lives, and a network that does its worst: what
// must hold always, and what must be reached once the worst is over.
#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/testing_link.h"

namespace raft_cluster::internal {
namespace {

using Phase = Link::Phase;

// One process: a life of a server, which does not end by itself when another
// takes its place.
struct Process {
  Process(const LinkOptions& options, Life life, Micros now)
      : side(options, life, now) {}

  bool superseded = false;
  Side side;
  uint64_t sent = 0;         // Ids 1 to this.
  std::set<uint64_t> taken;  // Of those, by whatever life of the peer.
  size_t checked = 0;        // Of side.delivered.
};

class World {
 public:
  World(uint64_t seed, bool void_on_restart, bool fifo) : random_(seed) {
    for (size_t server = 0; server < 2; ++server) {
      options_[server] = Side::DefaultOptions(static_cast<Pid>(server + 1),
                                              static_cast<Pid>(2 - server));
      options_[server].void_on_restart = void_on_restart;
      options_[server].fifo = fifo;
      options_[server].inbox_budget_bytes = 300000;
      options_[server].link_budget_bytes = 400000;
      options_[server].max_envelope_bytes = 200000;
      Start(server, false);
    }
  }

  void Worst(int steps) {
    for (int step = 0; step < steps; ++step) {
      if (Chance(250)) Start(random_() % 2, /*old_goes_on=*/Chance(3));
      if (Chance(400)) processes_[random_() % processes_.size()].paused ^= true;
      Step(1 + static_cast<Micros>(random_() % 2000), /*worst=*/true);
      if (testing::Test::HasFailure()) return;
    }
  }

  // Both newest lives hold each other's session, and owe each other nothing.
  bool Settled() {
    for (size_t server = 0; server < 2; ++server) {
      Process& process = *newest(server);
      PeerStats stats = process.side.Stats();
      if (process.superseded || process.side.link.phase() != Phase::kOpen ||
          LifeOf(stats.incarnation()) != newest(1 - server)->side.life ||
          stats.ledger().in_flight() > 0 || !process.side.inbox.empty()) {
        return false;
      }
    }
    return true;
  }

  // The faults are over; what is under way still arrives. Returns how long it
  // took.
  Micros Calm() {
    for (Seat& seat : processes_) {
      seat.paused = false;
      if (seat.process.get() != newest(0) && seat.process.get() != newest(1)) {
        seat.dead = true;
      }
    }
    const Micros begin = now_;
    while (!Settled() && now_ < begin + 20 * kSecond) {
      Step(500, /*worst=*/false);
      for (size_t server = 0; server < 2; ++server) {
        // As the words of its status tell its owner.
        if (newest(server)->superseded) Start(server, false);
      }
      if (testing::Test::HasFailure()) break;
    }
    return now_ - begin;
  }

  uint64_t delivered() const { return delivered_; }
  uint64_t restarts() const { return restarts_; }
  uint64_t superseded() const { return superseded_; }

 private:
  struct Seat {
    std::unique_ptr<Process> process;
    size_t server;
    bool paused = false;
    bool dead = false;
  };
  struct Travelling {
    size_t from = 0;  // Seat.
    size_t to_server = 0;
    size_t to_seat = SIZE_MAX;  // Of an answer by the way it came.
    Frame frame;
  };

  bool Chance(uint64_t one_in) { return random_() % one_in == 0; }
  Process* newest(size_t server) {
    return processes_[newest_[server]].process.get();
  }

  // The life before is dead, or goes on as if nothing had happened.
  void Start(size_t server, bool old_goes_on) {
    // Clocks are set back now and then.
    const uint64_t clock =
        1000 + static_cast<uint64_t>(now_) - (Chance(5) ? 1000000 : 0);
    newest_[server] = processes_.size();
    processes_.push_back({std::make_unique<Process>(
                              options_[server], Life{clock, random_()}, now_),
                          server});
    for (size_t seat = 0; seat + 1 < processes_.size(); ++seat) {
      processes_[seat].dead |=
          processes_[seat].server == server && !old_goes_on;
    }
  }

  void Step(Micros duration, bool worst) {
    now_ += duration;
    while (!wire_.empty() && wire_.begin()->first <= now_) {
      const Travelling arrived = wire_.begin()->second;
      // Doubled, and any time later.
      if (!(worst && Chance(4))) wire_.erase(wire_.begin());
      if (worst && Chance(8)) {
        wire_.emplace(now_ + static_cast<Micros>(random_() % kSecond), arrived);
      }
      Arrive(arrived);
    }
    for (size_t seat = 0; seat < processes_.size(); ++seat) {
      if (!processes_[seat].dead && !processes_[seat].paused) {
        Act(seat, worst);
      }
    }
  }

  void Arrive(const Travelling& arrived) {
    const size_t seat = arrived.to_seat != SIZE_MAX
                            ? arrived.to_seat
                            : newest_[arrived.to_server];
    if (processes_[seat].dead || processes_[seat].paused) return;
    Process& process = *processes_[seat].process;
    process.side.now = now_;
    process.side.origin.connection = arrived.from;
    ParsedFrame parsed;
    ASSERT_EQ(ParseFrame(arrived.frame, true, &parsed), ParseResult::kOk);
    if (!process.side.HearParsed(parsed)) return;
    if (process.side.link.held_session()) {
      process.side.link.Fence();
      process.superseded = true;
      ++superseded_;
    } else {
      process.side.life = {parsed.header.dst.start_us + 1, random_()};
      process.side.link.Rebirth(process.side.life, now_);
    }
  }

  void Act(size_t seat, bool worst) {
    Process& process = *processes_[seat].process;
    Side& side = process.side;
    side.now = now_;
    if (worst && !process.superseded && Chance(3)) {
      const size_t size =
          Chance(20) ? random_() % 200000 : random_() % (Chance(3) ? 9000 : 50);
      if (side.Send(process.sent + 1, std::string(size, 'm'))) ++process.sent;
    }
    CheckDelivered(process);
    if (!side.inbox.empty() && (Chance(2) || !worst)) {
      // Whose it was: lives are never given twice.
      for (Seat& other : processes_) {
        if (other.process->side.life == side.inbox.front().life) {
          other.process->taken.insert(side.inbox.front().id);
        }
      }
      side.Take();
    }
    if (worst && Chance(300)) side.link.OnReset(/*up=*/true, now_);
    side.link.Tick(now_);
    for (const OutgoingFrame& out : side.SayFrames(Chance(2))) {
      if (worst && Chance(6)) continue;  // Lost.
      Travelling travelling{seat, 1 - processes_[seat].server, SIZE_MAX,
                            out.Encode()};
      if (out.reply) {
        travelling.to_seat = out.origin.connection;
      }
      const Micros delay = worst && !options_[0].fifo
                               ? static_cast<Micros>(random_() % 5000)
                               : 100;
      wire_.emplace(now_ + delay, travelling);
    }
    CheckAccount(process);
  }

  // S1 to S3.
  void CheckDelivered(Process& process) {
    const auto& delivered = process.side.delivered;
    for (; process.checked < delivered.size(); ++process.checked) {
      const Side::Envelope& now = delivered[process.checked];
      ++delivered_;
      if (process.checked == 0) continue;
      const Side::Envelope& before = delivered[process.checked - 1];
      ASSERT_FALSE(now.life < before.life) << "an old life speaks";
      if (now.life == before.life) {
        ASSERT_EQ(now.id, before.id + 1) << "a gap, or a repeat";
      }
    }
  }

  // S4, S7, S8; and between honest servers nothing but stale lives is refused.
  void CheckAccount(const Process& process) {
    process.side.ExpectBalance();
    const PeerStats stats = process.side.Stats();
    for (const Refusal& refusal : stats.refused_frames()) {
      ASSERT_EQ(refusal.reason(), Refusal::STALE);
    }
    ASSERT_LE(stats.inbox_bytes(), options_[0].inbox_budget_bytes);
    ASSERT_LE(stats.ledger().taken(), process.taken.size());
    if (!options_[0].void_on_restart) {
      ASSERT_EQ(stats.ledger().voided(), 0u);
      if (stats.ledger().taken() > 0) {
        const auto last =
            std::next(process.taken.begin(),
                      static_cast<int64_t>(stats.ledger().taken()) - 1);
        ASSERT_EQ(*last, stats.ledger().taken()) << "one before was not taken";
      }
    }
    restarts_ += static_cast<uint64_t>(
        process.side.CountEvents(Event::PEER_RESTARTED) > 0);
  }

  std::mt19937_64 random_;
  LinkOptions options_[2];
  Micros now_ = 10 * kSecond;
  std::vector<Seat> processes_;
  size_t newest_[2] = {0, 0};
  std::multimap<Micros, Travelling> wire_;
  uint64_t delivered_ = 0, restarts_ = 0, superseded_ = 0;
};

class TheWorst : public testing::TestWithParam<int> {};

TEST_P(TheWorst, BreaksNoPromiseAndIsOvercome) {
  const uint64_t seed = static_cast<uint64_t>(GetParam());
  World world(seed, /*void_on_restart=*/seed % 2 == 1, /*fifo=*/seed % 4 < 2);
  for (int round = 0; round < 3; ++round) {
    world.Worst(1500);
    const Micros took = world.Calm();
    if (HasFailure()) return;
    EXPECT_TRUE(world.Settled()) << "in round " << round;
    EXPECT_LT(took, 10 * kSecond);
  }
  EXPECT_GT(world.delivered(), 200u);
  EXPECT_GT(world.restarts(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TheWorst, testing::Range(0, 24));

}  // namespace
}  // namespace raft_cluster::internal
