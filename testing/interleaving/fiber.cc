#include "raft/testing/interleaving/fiber.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/base/config.h"

#ifdef ABSL_HAVE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif
#ifdef ABSL_HAVE_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

#ifdef ABSL_HAVE_ADDRESS_SANITIZER
// A run that fails is left as it stands, and with it what its threads had.
extern "C" int __lsan_is_turned_off() { return 1; }
#endif

namespace raft_cluster::internal {

struct Fiber::Stack {
  std::unique_ptr<char[]> memory;  // Null: the one that the thread came with.
  const void* bottom = nullptr;
  size_t bytes = 0;
  void* tsan_fiber = nullptr;

  using List = std::vector<std::unique_ptr<Stack>>;
  static List& Unused() {
    static List* const unused = new List;
    return *unused;
  }
};

namespace {

constexpr size_t kStackBytes = size_t{256} << 10;

// From where the running fiber was switched to.
Fiber* previous = nullptr;

}  // namespace

Fiber::Fiber() : stack_(std::make_unique<Stack>()) {
#ifdef ABSL_HAVE_THREAD_SANITIZER
  stack_->tsan_fiber = __tsan_get_current_fiber();
#endif
}

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)) {
  if (!Stack::Unused().empty()) {
    stack_ = std::move(Stack::Unused().back());
    Stack::Unused().pop_back();
  } else {
    stack_ = std::make_unique<Stack>();
    stack_->memory.reset(new char[kStackBytes]);
    stack_->bottom = stack_->memory.get();
    stack_->bytes = kStackBytes;
#ifdef ABSL_HAVE_THREAD_SANITIZER
    stack_->tsan_fiber = __tsan_create_fiber(0);
#endif
  }
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_->memory.get();
  context_.uc_stack.ss_size = stack_->bytes;
  context_.uc_link = nullptr;
  // makecontext() hands over nothing but ints.
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::Enter), 2,
              static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
}

Fiber::~Fiber() {
  if (stack_->memory == nullptr) return;
#ifdef ABSL_HAVE_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(stack_->bottom, stack_->bytes);
#endif
  Stack::Unused().push_back(std::move(stack_));
}

void Fiber::Enter(unsigned high, unsigned low) {
  Fiber* const self =
      reinterpret_cast<Fiber*>(uintptr_t{high} << 32 | uintptr_t{low});
  self->OnSwitched();
  self->body_();
}

void Fiber::SwitchTo(Fiber& next) { Switch(next, &fake_stack_); }

void Fiber::EndIn(Fiber& next) { Switch(next, nullptr); }

// AddressSanitizer keeps a second stack for each one; null: it is over.
void Fiber::Switch(Fiber& next, void** fake_stack) {
  previous = this;
#ifdef ABSL_HAVE_ADDRESS_SANITIZER
  __sanitizer_start_switch_fiber(fake_stack, next.stack_->bottom,
                                 next.stack_->bytes);
#else
  static_cast<void>(fake_stack);
#endif
#ifdef ABSL_HAVE_THREAD_SANITIZER
  __tsan_switch_to_fiber(next.stack_->tsan_fiber, 0);
#endif
  swapcontext(&context_, &next.context_);
  OnSwitched();
}

void Fiber::OnSwitched() {
#ifdef ABSL_HAVE_ADDRESS_SANITIZER
  // Only from here can it be learned where the thread's own stack is.
  __sanitizer_finish_switch_fiber(fake_stack_, &previous->stack_->bottom,
                                  &previous->stack_->bytes);
#endif
}

}  // namespace raft_cluster::internal
