// The way in which the two sides of a ring sleep and wake each other, tried in
// every order of its steps that a processor and a scheduler can make of it.
//
// A model of ring.cc, not ring.cc itself: a processor keeps what it stores to
// itself for a while (a store buffer, as x86 has it), and a fence empties that.
// That the model can tell right from wrong is shown by the same protocol
// without the fences, or without the second look.

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal::shm {
namespace {

struct Protocol {
  bool fences = true;
  bool second_look = true;
};

// One reader and one writer. The writer publishes kMessages one after the
// other; the reader sleeps whenever it has seen all that there is.
constexpr int kMessages = 3;

enum class Writing { kPublish, kFence, kLook, kClear, kRing, kDone };
enum class Reading {
  kRead,
  kAnnounce,
  kFence,
  kLookAgain,
  kTakeBack,
  kSleep,
  kDrain
};

struct State {
  Writing writing = Writing::kPublish;
  Reading reading = Reading::kRead;
  int to_write = 1;
  int seen = 0;
  int bells = 0;
  // Memory, and what each side has stored that is not there yet: -1 is nothing.
  // Both sides store the flag, the writer the position.
  int written = 0, flag = 0;
  int writer_written = -1, writer_flag = -1, reader_flag = -1;

  auto Key() const {
    return std::make_tuple(writing, reading, to_write, seen, bells, written,
                           flag, writer_written, writer_flag, reader_flag);
  }
  bool operator<(const State& other) const { return Key() < other.Key(); }
};

class Model {
 public:
  explicit Model(const Protocol& protocol) : protocol_(protocol) {}

  // Whether there is an order in which the reader sleeps for ever.
  bool CanStandStill() {
    Explore(State());
    return stands_still_;
  }
  size_t states() const { return known_.size(); }

 private:
  void Explore(const State& state) {
    std::vector<State> open = {state};
    while (!open.empty()) {
      const State next = open.back();
      open.pop_back();
      if (!known_.insert(next).second) continue;
      std::vector<State> after;
      AddWriterSteps(next, after);
      AddReaderSteps(next, after);
      AddArrivals(next, after);
      if (after.empty() && next.seen < kMessages) stands_still_ = true;
      open.insert(open.end(), after.begin(), after.end());
    }
  }

  // What was stored comes to memory, in the order of each side.
  static void AddArrivals(const State& now, std::vector<State>& after) {
    State next = now;
    if (now.writer_written >= 0) {
      next.written = now.writer_written;
      next.writer_written = -1;
      after.push_back(next);
    } else if (now.writer_flag >= 0) {
      next.flag = now.writer_flag;
      next.writer_flag = -1;
      after.push_back(next);
    }
    if (now.reader_flag >= 0) {
      next = now;
      next.flag = now.reader_flag;
      next.reader_flag = -1;
      after.push_back(next);
    }
  }

  void AddWriterSteps(const State& now, std::vector<State>& after) const {
    State next = now;
    switch (now.writing) {
      case Writing::kPublish:
        if (now.writer_written >= 0 || now.writer_flag >= 0) return;
        next.writer_written = now.to_write;
        next.writing = Writing::kFence;
        break;
      case Writing::kFence:  // Over once the buffer is empty.
        if (protocol_.fences && now.writer_written >= 0) return;
        next.writing = Writing::kLook;
        break;
      case Writing::kLook:
        next.writing = now.flag != 0 ? Writing::kClear : Writing::kDone;
        break;
      case Writing::kClear:  // An exchange: at once, and after all stores.
        if (now.writer_written >= 0) return;
        next.flag = 0;
        next.writing = now.flag != 0 ? Writing::kRing : Writing::kDone;
        break;
      case Writing::kRing:
        ++next.bells;
        next.writing = Writing::kDone;
        break;
      case Writing::kDone:
        if (now.to_write == kMessages) return;
        ++next.to_write;
        next.writing = Writing::kPublish;
        break;
    }
    after.push_back(next);
  }

  void AddReaderSteps(const State& now, std::vector<State>& after) const {
    State next = now;
    switch (now.reading) {
      case Reading::kRead:
        if (now.seen == kMessages) return;
        next.seen = now.written;
        next.reading =
            now.written > now.seen ? Reading::kRead : Reading::kAnnounce;
        break;
      case Reading::kAnnounce:
        if (now.reader_flag >= 0) return;
        next.reader_flag = 1;
        next.reading = Reading::kFence;
        break;
      case Reading::kFence:
        if (protocol_.fences && now.reader_flag >= 0) return;
        next.reading =
            protocol_.second_look ? Reading::kLookAgain : Reading::kSleep;
        break;
      case Reading::kLookAgain:
        next.reading =
            now.written > now.seen ? Reading::kTakeBack : Reading::kSleep;
        break;
      case Reading::kTakeBack:
        if (now.reader_flag >= 0) return;
        next.reader_flag = 0;
        next.reading = Reading::kRead;
        break;
      case Reading::kSleep:  // Until the bell is rung.
        if (now.bells == 0) return;
        next.reading = Reading::kDrain;
        break;
      case Reading::kDrain:  // All at once, and then it looks.
        next.bells = 0;
        next.reading = Reading::kRead;
        break;
    }
    after.push_back(next);
  }

  const Protocol protocol_;
  std::set<State> known_;
  bool stands_still_ = false;
};

TEST(SleepModel, NoWakeUpIsLost) {
  Model model({});
  EXPECT_FALSE(model.CanStandStill());
  EXPECT_GT(model.states(), 100u);
}

TEST(SleepModel, WithoutTheFencesOneIsLost) {
  Protocol protocol;
  protocol.fences = false;
  EXPECT_TRUE(Model(protocol).CanStandStill());
}

TEST(SleepModel, WithoutTheSecondLookOneIsLost) {
  Protocol protocol;
  protocol.second_look = false;
  EXPECT_TRUE(Model(protocol).CanStandStill());
}

}  // namespace
}  // namespace raft_cluster::internal::shm
