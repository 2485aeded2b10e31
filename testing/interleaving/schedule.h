// Runs a program of several threads in many orders, of which a list of choices
// and nothing else decides: exactly one thread goes on at a time.
//
//   Exploration exploration = Explore({/*preemptions=*/1}, [] {
//     Mutex mu;  // Of sync.h.
//     int count = 0;
//     const auto add = [&] { MutexLock lock(mu); ++count; };
//     Schedule& schedule = Schedule::Current();
//     schedule.Interleave({{"one", add}, {"two", add}});
//     schedule.Check(count == 2, "one was lost");
//   });
//   EXPECT_EQ(exploration.failure, "") << exploration.story;
//
// The threads are fibers. One hands over only where it calls Point() and its
// like; the stand-ins in sync.h do, before each thing that another thread could
// notice. Between two such points it runs undisturbed, which loses nothing as
// long as what is shared is touched under locks only (ThreadSanitizer sees to
// that elsewhere).
//
// Time is virtual. It passes when no thread can go on, up to the next deadline
// that one waits for; of those that may go on then, any may be the first.
//
// Thread rule: Explore() once at a time; all else in the threads of its runs.
#ifndef RAFT_TESTING_INTERLEAVING_SCHEDULE_H_
#define RAFT_TESTING_INTERLEAVING_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "raft/base/clock.h"
#include "raft/testing/interleaving/fiber.h"

namespace raft_cluster::internal {

struct Limits {
  // First come all orders in which a thread that could go on is made to wait at
  // most this often. Which one goes on when another has to wait is free. Below
  // 0: none of these.
  int preemptions = 0;
  // Then so many in which chance decides, the same in every exploration.
  int random_runs = 0;
};

struct Exploration {
  int64_t runs = 0;
  // Of the last run, if one failed: why, and what was done in which order.
  std::string failure;
  std::string story;
};

// Calls `program` once per run, which must do the same each time. Ends at the
// first failure; the threads of that run stay where they are, for good.
Exploration Explore(const Limits& limits, const std::function<void()>& program);

struct NamedThread {
  std::string name;
  std::function<void()> body;
};

class Schedule {
 public:
  // What a thread is about to do, for whoever reads a story.
  struct Step {
    const char* does = "";
    int which = 0;  // Of several locks or conditions.
    const char* where = "";
  };
  // No thread of Interleave() has a reason to wait for longer.
  static constexpr Micros kPatience = 9000;

  ~Schedule();

  // Of the run that goes on.
  static Schedule& Current();

  // Starts these threads, and waits until they are over, and it is `settled`,
  // and no thread can go on before time passes. Explored is what happens
  // meanwhile; all else is the same in every run. The run fails if it takes
  // longer than kPatience.
  void Interleave(
      const std::vector<NamedThread>& threads,
      absl::FunctionRef<bool()> settled = [] { return true; });

  // Another thread may go on here.
  void Point(const Step& step) {
    WaitUntil(step, [] { return true; });
  }
  // Goes on when `ready` says so, which is asked whenever something else has
  // happened. `deadline`: when the mere time may make a difference.
  void WaitUntil(const Step& step, absl::FunctionRef<bool()> ready,
                 Micros deadline = kNever);
  void Sleep(Micros time);
  // One of 0 .. count - 1, each in some run. REQUIRES: count > 0.
  int Choose(int count);
  // Unless `good`, the run fails: ends here and now, and does not return.
  void Check(bool good, absl::string_view why);

  // Returns its name for Join(). All must be joined in the end.
  int Start(const NamedThread& thread);
  void Join(int thread);

  Micros now() const { return now_; }
  int NewName() { return ++names_; }  // The same in every run.
  int running() const;
  int& locks_held();                    // Of the running thread.
  int steps() const { return steps_; }  // Points that were passed so far.

 private:
  friend Exploration Explore(const Limits& limits,
                             const std::function<void()>& program);
  struct Choice {
    int taken = 0;
    int of = 0;
  };
  using Path = std::vector<Choice>;
  struct Thread;
  struct Done {
    Micros time;
    int thread;
    Step step;
  };

  // Takes the ways of `path`, and behind its end the first one each time; or,
  // if `seed` is not 0, any.
  Schedule(Path path, int preemptions, unsigned seed);

  static bool RunOnce(Path* path, int preemptions, unsigned seed,
                      const std::function<void()>& program,
                      Exploration* exploration);
  static bool Advance(Path* path);
  void Run(const std::function<void()>& program);
  void End();
  bool CanGoOn(const Thread& thread) const;
  Thread* Next();
  void LetTimePass();
  std::string Story() const;

  Path path_;
  size_t chosen_ = 0;  // Of path_.
  int preemptions_left_;
  const bool by_chance_;
  std::mt19937 random_;
  bool exploring_ = false;
  int steps_ = 0;
  int explored_from_ = 0;  // steps_ when Interleave() began.
  int names_ = 0;
  Micros now_ = 1000000;
  Micros give_up_ = kNever - 1;
  Fiber outside_;  // Who waits for the end of the run.
  std::vector<std::unique_ptr<Thread>> threads_;
  Thread* running_ = nullptr;
  Thread* when_idle_ = nullptr;  // Goes on when no other can.
  std::vector<Done> story_;
  std::string failure_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_SCHEDULE_H_
