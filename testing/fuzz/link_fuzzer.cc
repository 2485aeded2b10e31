// A peer that says anything, in and out of a session: the account balances, the
// memory is bounded, and what is said in answer is well-formed.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "raft/cluster/engine/engine.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/wire.h"
#include "raft/testing/fuzz/input.h"
#include "raft/testing/ledger.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kBudget = 200000;
constexpr uint64_t kMaxEnvelope = 100000;
constexpr Life kSelf{100, 1};
constexpr int kMaxSteps = 2000;

EngineOptions MakeOptions(bool void_on_restart) {
  EngineOptions options;
  options.link.cluster = 77;
  options.link.self = 1;
  options.link.link_budget_bytes = kBudget;
  options.link.inbox_budget_bytes = kBudget;
  options.link.max_envelope_bytes = kMaxEnvelope;
  options.link.void_on_restart = void_on_restart;
  options.peers = {{2, *ParseUrl("test://2")}, {3, *ParseUrl("test://3")}};
  options.url = options.link.self_url = "test://1";
  options.life = kSelf;
  options.seed = 1;
  return options;
}

class Hostile {
 public:
  explicit Hostile(FuzzInput& input)
      : input_(input),
        engine_(MakeOptions(input.Byte() % 2 == 1), now_),
        // Lives of the peer, and of ours, that a frame may name.
        lives_{Life{}, Life{50, 1}, Life{60, 1}, kSelf, Life{200, 1}} {}

  void Run() {
    for (int step = 0; step < kMaxSteps && !input_.empty(); ++step) {
      Step();
      Check();
    }
  }

 private:
  void Step() {
    switch (input_.Byte() % 8) {
      case 0:
      case 1:
      case 2:
        return Hear(MadeUp());
      case 3:
        return Hear(Frame{Bytes::Own(input_.Bytes(input_.Byte())), Bytes()});
      case 4:
        now_ += static_cast<Micros>(input_.Number(3));
        return Speak();
      case 5:
        return Offer();
      case 6: {
        Delivery received;
        while (engine_.Take(&received, now_)) {
        }
        return;
      }
      default:
        return engine_.OnReset(2, input_.Byte() % 2 == 1, now_);
    }
  }

  void Offer() {
    Outgoing envelope;
    envelope.id = input_.Byte();
    envelope.broadcast = input_.Byte() % 4 == 0;
    envelope.msg = Bytes::Own(std::string(input_.Number(2), 'x'));
    engine_.Offer(envelope.broadcast ? kBroadcast : 2, envelope, now_)
        .status()
        .IgnoreError();
  }

  void Hear(const Frame& frame) {
    ParsedFrame parsed;
    const ParseResult result =
        ParseFrame(frame, /*verify_checksum=*/false, &parsed);
    engine_.OnFrame(Origin{0, 0, "there"}, result, parsed, now_);
  }

  // Takes what is due, as a pump would, but no more than there can be.
  void Speak() {
    std::vector<Pid> reconnect;
    engine_.Tick(now_, &reconnect);
    for (const Pid peer : reconnect) engine_.OnReset(peer, true, now_);
    Engine::Due due;
    int frames = 0;
    while (engine_.NextFrame(now_, /*sleeping=*/true, &due)) {
      Require(++frames < 1000, "there is an end of what is due at once");
      ParsedFrame parsed;
      const Frame frame = due.out.Encode();
      Require(frame.size() <= kMaxFrameBytes, "frames are bounded");
      Require(ParseFrame(frame, true, &parsed) == ParseResult::kOk,
              "what it says is well-formed");
      if (due.peer == 2) said_ = parsed.header;
    }
  }

  const Life& SomeLife() { return lives_[input_.Byte() % 5]; }
  // Small, huge, or near what was said last.
  uint64_t SomeNumber(uint64_t near) {
    switch (input_.Byte() % 4) {
      case 0:
        return input_.Byte();
      case 1:
        return near + input_.Byte() - 128;
      case 2:
        return near;
      default:
        return input_.Number(8);
    }
  }

  Frame MadeUp() {
    Header header;
    header.cluster = input_.Byte() == 255 ? 78 : 77;
    header.from = input_.Byte() % 16 == 0 ? input_.Byte() % 5 : 2;
    header.to = input_.Byte() == 255 ? 2 : 1;
    header.src = SomeLife();
    header.dst = input_.Byte() % 4 == 0 ? SomeLife() : kSelf;
    const uint8_t flags = input_.Byte();
    header.session = (flags & 3) != 0;
    if (header.session) {
      header.first = SomeNumber(said_.received + 1);
      header.received = SomeNumber(said_.first);
      header.taken = SomeNumber(said_.first);
      header.credit = SomeNumber(kBudget);
      header.stamp = SomeNumber(header_stamp_);
      header.echo = SomeNumber(said_.stamp);
      header.ask = (flags & 4) != 0;
      header.leave = (flags & 120) == 120;
      header_stamp_ = header.stamp;
    }
    if ((flags & 128) != 0) {
      header.hello.emplace();
      header.hello->set_version(input_.Byte() == 255 ? 2 : kNewestVersion);
      if (input_.Byte() != 255) {
        header.hello->set_url("test://" + std::to_string(header.from));
      }
      header.hello->set_window_bytes(SomeNumber(kBudget));
      header.hello->set_max_envelope_bytes(SomeNumber(kMaxEnvelope));
      header.hello->set_heartbeat_us(SomeNumber(200000));
      header.hello->set_failure_timeout_us(SomeNumber(2000000));
    }
    std::string items;
    for (int count = header.session ? input_.Byte() % 4 : 0; count > 0;
         --count) {
      AppendItem(SomeItem(), &items);
    }
    return EncodeFrame(header, {}, Bytes::Own(std::move(items)));
  }

  Item SomeItem() {
    Item item;
    item.id = input_.Byte();
    size_t size = input_.Byte();
    if (input_.Byte() % 2 == 0) {
      item.total_bytes = input_.Number(4);
      item.count = static_cast<uint32_t>(
          (item.total_bytes + kFragmentBytes - 1) / kFragmentBytes);
      item.index = input_.Byte() % 8;
      size = item.ends_envelope()
                 ? item.total_bytes - item.index * kFragmentBytes
                 : kFragmentBytes;
      size = std::min(size, kFragmentBytes);
    }
    msg_.assign(size, 'y');
    item.msg = msg_;
    return item;
  }

  void Check() {
    const Stats stats = engine_.GetStats(now_);
    Require(CheckLedgers(stats).ok(), "the ledgers balance");
    for (const PeerStats& peer : stats.peers()) {
      Require(peer.inbox_bytes() <= kBudget, "the inbox is within its budget");
      Require(peer.queued_bytes() <= kBudget + kMaxEnvelope,
              "so is what waits to be sent");
    }
    Require(engine_.Deadline() >= 0, "there is a next time");
  }

  FuzzInput& input_;
  Micros now_ = 1000000;
  Engine engine_;
  const std::vector<Life> lives_;
  Header said_;  // Last, to server 2.
  uint64_t header_stamp_ = 0;
  std::string msg_;
};

}  // namespace
}  // namespace raft_cluster::internal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  raft_cluster::internal::FuzzInput input(data, size);
  raft_cluster::internal::Hostile(input).Run();
  return 0;
}
