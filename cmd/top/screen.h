// A cluster as lines of text: who hears whom, what flows, what has happened.
//
// Thread rule: functions of values.
#ifndef RAFT_CMD_TOP_SCREEN_H_
#define RAFT_CMD_TOP_SCREEN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "raft/cmd/top/cluster_status.pb.h"

namespace raft_cluster::internal {

struct ScreenOptions {
  int columns = 80;
  int rows = 0;  // 0: as many as there is to say.
  bool colours = false;
};

// Lines without their ends, of at most so many columns, at most so many of
// them. What has no room is left out from below, and of the matrix from the
// right, where those columns stand that nobody has trouble with.
// Nothing in a name, a reason or an event can speak to the terminal.
std::vector<std::string> ShowScreen(const ClusterStatus& status,
                                    const ScreenOptions& options);

// "12:34:56.789", in local time.
std::string ShowTime(uint64_t unix_us);

// With '?' for what a terminal would obey.
std::string Printable(const std::string& text);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_SCREEN_H_
