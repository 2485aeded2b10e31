#include "raft/testing/interleaving/schedule.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace raft_cluster::internal {
namespace {

// What is explored and takes longer than this does not end.
constexpr int kMaxSteps = 10000;
// How seldom chance takes the processor from a thread that could go on.
constexpr int kStays = 5;

Schedule* current = nullptr;

}  // namespace

struct Schedule::Thread {
  int id = 0;
  std::string name;
  std::unique_ptr<Fiber> fiber;
  bool done = false;
  int locks_held = 0;
  // Where it waits.
  Step step = {"starts"};
  const absl::FunctionRef<bool()>* ready = nullptr;
  Micros deadline = kNever;
};

// ---- All runs ---------------------------------------------------------------

Exploration Explore(const Limits& limits,
                    const std::function<void()>& program) {
  Exploration exploration;
  Schedule::Path path;
  for (bool more = limits.preemptions >= 0; more;
       more = Schedule::Advance(&path)) {
    if (!Schedule::RunOnce(&path, limits.preemptions, 0, program,
                           &exploration)) {
      return exploration;
    }
  }
  for (int seed = 1; seed <= limits.random_runs; ++seed) {
    path.clear();
    if (!Schedule::RunOnce(&path, 0, static_cast<unsigned>(seed), program,
                           &exploration)) {
      break;
    }
  }
  return exploration;
}

bool Schedule::RunOnce(Path* path, int preemptions, unsigned seed,
                       const std::function<void()>& program,
                       Exploration* exploration) {
  // Not destroyed: what their threads use is still there.
  static auto* const failed = new std::vector<std::unique_ptr<Schedule>>;
  std::unique_ptr<Schedule> schedule(new Schedule(*path, preemptions, seed));
  current = schedule.get();
  schedule->Run(program);
  ++exploration->runs;
  *path = schedule->path_;
  exploration->failure = schedule->failure_;
  if (!schedule->failure_.empty()) {
    exploration->story = schedule->Story();
    failed->push_back(std::move(schedule));
    return false;
  }
  return true;
}

// To the next path of a depth-first search. False: that was all.
bool Schedule::Advance(Path* path) {
  while (!path->empty() && path->back().taken + 1 == path->back().of) {
    path->pop_back();
  }
  if (path->empty()) return false;
  ++path->back().taken;
  return true;
}

// ---- One run ----------------------------------------------------------------

Schedule::Schedule(Path path, int preemptions, unsigned seed)
    : path_(std::move(path)),
      preemptions_left_(preemptions),
      by_chance_(seed != 0),
      random_(seed) {}

Schedule::~Schedule() = default;

Schedule& Schedule::Current() { return *current; }

void Schedule::Run(const std::function<void()>& program) {
  Start({"test", program});
  running_ = threads_.front().get();
  outside_.SwitchTo(*running_->fiber);
}

void Schedule::Interleave(const std::vector<NamedThread>& threads,
                          absl::FunctionRef<bool()> settled) {
  give_up_ = now_ + kPatience;
  exploring_ = true;
  explored_from_ = steps_;
  std::vector<int> started;
  for (const NamedThread& thread : threads) started.push_back(Start(thread));
  const auto over = [&] {
    return std::all_of(started.begin(), started.end(),
                       [this](int id) { return threads_[id]->done; }) &&
           settled();
  };
  when_idle_ = running_;
  WaitUntil({"waits for the others"}, over);
  when_idle_ = nullptr;
  exploring_ = false;
  give_up_ = kNever - 1;
}

int Schedule::Start(const NamedThread& thread) {
  const int id = static_cast<int>(threads_.size());
  threads_.push_back(std::make_unique<Thread>());
  threads_.back()->id = id;
  threads_.back()->name = thread.name;
  threads_.back()->fiber = std::make_unique<Fiber>([this, body = thread.body] {
    body();
    End();
  });
  return id;
}

void Schedule::Join(int thread) {
  WaitUntil({"joins a thread"},
            [this, thread] { return threads_[thread]->done; });
}

void Schedule::End() {
  running_->done = true;
  if (running_->id == 0) {
    for (const auto& thread : threads_) {
      Check(thread->done, absl::StrCat(thread->name, " was not joined"));
    }
    running_->fiber->EndIn(outside_);
  }
  Thread* const ended = running_;
  running_ = Next();
  ended->fiber->EndIn(*running_->fiber);
}

void Schedule::Check(bool good, absl::string_view why) {
  if (good) return;
  failure_ = std::string(why);
  running_->fiber->EndIn(outside_);
}

int Schedule::running() const { return running_->id; }
int& Schedule::locks_held() { return running_->locks_held; }

// ---- Who goes on ------------------------------------------------------------

void Schedule::WaitUntil(const Step& step, absl::FunctionRef<bool()> ready,
                         Micros deadline) {
  ++steps_;
  Check(!exploring_ || steps_ - explored_from_ <= kMaxSteps,
        "goes on for ever");
  Thread* const self = running_;
  self->step = step;
  self->ready = &ready;
  self->deadline = deadline;
  Thread* const next = Next();
  running_ = next;
  if (next != self) self->fiber->SwitchTo(*next->fiber);
  self->ready = nullptr;
  self->deadline = kNever;
  if (exploring_) story_.push_back({now_, self->id, step});
}

void Schedule::Sleep(Micros time) {
  const Micros until = now_ + time;
  WaitUntil(
      {"sleeps"}, [this, until] { return now_ >= until; }, until);
}

bool Schedule::CanGoOn(const Thread& thread) const {
  return !thread.done && &thread != when_idle_ &&
         (thread.ready == nullptr || (*thread.ready)());
}

Schedule::Thread* Schedule::Next() {
  std::vector<Thread*> able;  // The running one first, if it is.
  for (;;) {
    if (CanGoOn(*running_)) able.push_back(running_);
    for (const auto& thread : threads_) {
      if (thread.get() != running_ && CanGoOn(*thread)) {
        able.push_back(thread.get());
      }
    }
    if (!able.empty()) break;
    if (when_idle_ != nullptr && (*when_idle_->ready)()) return when_idle_;
    LetTimePass();
  }
  if (able.front() == running_) {
    const bool preempts =
        by_chance_ ? random_() % kStays == 0 : preemptions_left_ > 0;
    if (!exploring_ || !preempts) return running_;
  }
  Thread* const next = able[Choose(static_cast<int>(able.size()))];
  if (able.front() == running_ && next != running_) --preemptions_left_;
  return next;
}

void Schedule::LetTimePass() {
  Micros next = kNever;
  for (const auto& thread : threads_) {
    if (!thread->done && thread->deadline > now_) {
      next = std::min(next, thread->deadline);
    }
  }
  Check(next <= give_up_, "left waiting");
  now_ = next;
}

int Schedule::Choose(int count) {
  if (!exploring_ || count == 1) return 0;
  if (by_chance_) return static_cast<int>(random_() % count);
  if (chosen_ == path_.size()) path_.push_back({0, count});
  const Choice& choice = path_[chosen_++];
  Check(choice.of == count, "something but the schedule decides");
  return choice.taken;
}

std::string Schedule::Story() const {
  std::string story;
  const auto tell = [&](Micros time, const Thread& thread, const Step& step) {
    absl::StrAppendFormat(&story, "%9dus  %-10s %s", time, thread.name,
                          step.does);
    if (step.which != 0) absl::StrAppend(&story, " ", step.which);
    if (*step.where != '\0') absl::StrAppend(&story, " in ", step.where);
    story += '\n';
  };
  for (const Done& done : story_) {
    tell(done.time, *threads_[done.thread], done.step);
  }
  story += "At the end:\n";
  for (const auto& thread : threads_) {
    if (!thread->done) tell(now_, *thread, thread->step);
  }
  return story;
}

}  // namespace raft_cluster::internal
