// Has pthread_create() fail for the whole process once so many threads run: a
// double of `ulimit -u`, which does not bind root and counts what others run.
//
// As a library of a test, or preloaded (LD_PRELOAD) into a program, where the
// environment says RAFT_TEST_MAX_THREADS.
//
// Thread rule: any thread.
#ifndef RAFT_TESTING_LIMITS_FEW_THREADS_H_
#define RAFT_TESTING_LIMITS_FEW_THREADS_H_

namespace raft_cluster::internal {

// Besides those that run now.
void AllowThreads(int count);
void AllowAllThreads();

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_LIMITS_FEW_THREADS_H_
