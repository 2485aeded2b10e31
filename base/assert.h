// Assertions: for mistakes of our own, never for what a caller, a peer, a file
// or the system did.
//
//   int Half(int even) {
//     RAFT_ASSERT(even % 2 == 0);        // Stays on in -c opt.
//     RAFT_DEBUG_ASSERT(even % 2 == 0);  // Where NDEBUG is not defined.
//     return even / 2;
//   }
//
// One that fails prints file, line and condition to stderr and aborts: what
// follows from a broken rule would be worse, and further from its cause. Which
// of the two to use is a question of cost; neither may have side effects.
//
// Thread rule: any thread. What SetLastWords() was given is called by the
// thread that failed, which may hold any lock.
#ifndef RAFT_BASE_ASSERT_H_
#define RAFT_BASE_ASSERT_H_

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "raft/base/pid.h"

#define RAFT_ASSERT(condition)                                             \
  (ABSL_PREDICT_TRUE(condition) ? static_cast<void>(0)                     \
                                : ::raft_cluster::internal::FailAssertion( \
                                      __FILE__, __LINE__, #condition))

#ifdef NDEBUG
// Compiled, so that it does not rot, but never evaluated.
#define RAFT_DEBUG_ASSERT(condition) \
  static_cast<void>(false && static_cast<bool>(condition))
#else
#define RAFT_DEBUG_ASSERT(condition) RAFT_ASSERT(condition)
#endif

namespace raft_cluster::internal {

// What is to be done after the message and before the end, once; null: nothing.
// One that does not return within 2 s is cut off.
void SetLastWords(void (*last_words)());

// Out of line and cold, so that an assertion costs a comparison where it
// stands.
[[noreturn]] ABSL_ATTRIBUTE_COLD void FailAssertion(const char* file, int line,
                                                    const char* condition);

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_ASSERT_H_
