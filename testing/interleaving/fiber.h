// A thread of control that runs only while it is switched to: several of them
// share one thread of the system, so what runs when is nobody else's decision.
//
//   Fiber here;
//   Fiber other([&] { ...; other.EndIn(here); });
//   here.SwitchTo(other);  // Returns when `other` ends, or switches back.
//
// Stacks are kept for later fibers, so making one is cheap. The sanitizers are
// told of every switch.
//
// Thread rule: all fibers of a program live in one thread.
#ifndef RAFT_TESTING_INTERLEAVING_FIBER_H_
#define RAFT_TESTING_INTERLEAVING_FIBER_H_

#include <ucontext.h>

#include <functional>
#include <memory>

namespace raft_cluster::internal {

class Fiber {
 public:
  // What is running already, on the stack that it has.
  Fiber();
  // Runs `body` when it is first switched to. `body` must not return: it ends
  // with EndIn().
  explicit Fiber(std::function<void()> body);
  // What is still on its stack is forgotten, not destroyed.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // REQUIRES: this is the running one.
  void SwitchTo(Fiber& next);
  // The same, for good.
  void EndIn(Fiber& next);

 private:
  struct Stack;

  static void Enter(unsigned high, unsigned low);
  void Switch(Fiber& next, void** fake_stack);
  void OnSwitched();

  ucontext_t context_;
  std::function<void()> body_;
  std::unique_ptr<Stack> stack_;
  void* fake_stack_ = nullptr;  // AddressSanitizer's, while this one rests.
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_INTERLEAVING_FIBER_H_
