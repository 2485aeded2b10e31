# Makes of the pump's sources some that run under a Schedule.

s,#include "raft/cluster/engine/pump.h",#include "raft/testing/interleaving/pump.h",
/#include "raft.base.thread.h"/d
s,#include "raft/base/mutex.h",#include "raft/testing/interleaving/sync.h",
