#include "raft/testing/limits/few_threads.h"

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace raft_cluster::internal {
namespace {

// Threads that were started and have not ended.
std::atomic<int> running{0};

// How many may run. Below 0: any number.
std::atomic<int>& Most() {
  static std::atomic<int> most = [] {
    const char* const words = std::getenv("RAFT_TEST_MAX_THREADS");
    return words == nullptr ? -1 : std::atoi(words);
  }();
  return most;
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
  --running;
  return result;
}

}  // namespace

void AllowThreads(int count) { Most() = running + count; }

void AllowAllThreads() { Most() = -1; }

}  // namespace raft_cluster::internal

// In place of the C library's, for all that is in this process.
extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* how,
                              void* (*run)(void*), void* argument) {
  using raft_cluster::internal::Most;
  using raft_cluster::internal::RunInPlace;
  using raft_cluster::internal::running;
  using raft_cluster::internal::Start;
  static auto* const original = reinterpret_cast<decltype(pthread_create)*>(
      dlsym(RTLD_NEXT, "pthread_create"));
  const int most = Most();
  if (++running > most && most >= 0) {
    --running;
    return EAGAIN;
  }
  const int error = original(thread, how, RunInPlace, new Start{run, argument});
  if (error != 0) --running;
  return error;
}
