#include "raft/base/assert.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace raft_cluster::internal {

namespace {

std::atomic<void (*)()> the_last_words{nullptr};

constexpr unsigned kLastWordsSeconds = 2;

}  // namespace

void SetLastWords(void (*last_words)()) { the_last_words = last_words; }

void FailAssertion(const char* file, int line, const char* condition) {
  // stdio needs no memory of malloc's here, which may be what is broken.
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  if (auto* const last_words = the_last_words.exchange(nullptr)) {
    signal(SIGALRM, SIG_DFL);
    alarm(kLastWordsSeconds);
    last_words();
  }
  std::abort();
}

}  // namespace raft_cluster::internal
