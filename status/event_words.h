// Every event and state of a server in words, for the people who run it.
//
// Thread rule: functions of values.
#ifndef RAFT_STATUS_EVENT_WORDS_H_
#define RAFT_STATUS_EVENT_WORDS_H_

#include <string>

#include "raft/proto/event.pb.h"
#include "raft/proto/recording.pb.h"

namespace raft_cluster::internal {

// One line, such as "server 3 is silent: nothing was heard from it for the
// failure timeout". Events that were folded into one are counted in it.
std::string ShowEvent(const Event& event);

// "server 3: SILENT (not heard for 2s)".
std::string ShowState(const RecordedState& change);

}  // namespace raft_cluster::internal

#endif  // RAFT_STATUS_EVENT_WORDS_H_
