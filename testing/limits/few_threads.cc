#include "raft/testing/limits/few_threads.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace raft_cluster::internal {
namespace {

// Below 0: no limit.
std::atomic<int>& Left() {
  static std::atomic<int> left = [] {
    const char* const most = std::getenv("RAFT_TEST_MAX_THREADS");
    return most == nullptr ? -1 : std::atoi(most);
  }();
  return left;
}
std::atomic<bool>& Limited() {
  static std::atomic<bool> limited{Left() >= 0};
  return limited;
}

struct Start {
  void* (*run)(void*);
  void* argument;
};

// A place is free again when its thread ends.
void* RunInPlace(void* argument) {
  const auto* start = static_cast<Start*>(argument);
  const Start copy = *start;
  delete start;
  void* const result = copy.run(copy.argument);
  ++Left();
  return result;
}

}  // namespace

void AllowThreads(int count) {
  Left() = count;
  Limited() = true;
}

void AllowAllThreads() { Limited() = false; }

}  // namespace raft_cluster::internal

// In place of the C library's, for all that is in this process.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* how,
                              void* (*run)(void*), void* argument) {
  using raft_cluster::internal::Left;
  using raft_cluster::internal::Limited;
  using raft_cluster::internal::RunInPlace;
  using raft_cluster::internal::Start;
  static auto* const original = reinterpret_cast<decltype(pthread_create)*>(
      dlsym(RTLD_NEXT, "pthread_create"));
  if (--Left() < 0 && Limited()) {
    ++Left();
    return EAGAIN;
  }
  return original(thread, how, RunInPlace, new Start{run, argument});
}
