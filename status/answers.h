// What the status port answers: everything of it but HTTP.
//
// Thread rule: functions of values, but for the server, which any thread may
// ask.
#ifndef RAFT_STATUS_ANSWERS_H_
#define RAFT_STATUS_ANSWERS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "raft/cluster/server.h"
#include "raft/proto/recording.pb.h"
#include "raft/proto/stats.pb.h"
#include "raft/status/history.h"

namespace raft_cluster::internal {

struct Question {
  std::string path;   // "/status"; decoded, without the query.
  std::string query;  // "since=7"; "" for none.
};

struct Answer {
  int code = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

// `server` is null while there is none to show: 503, but for the page.
// `ready_peers` is how many have to be live where /readyz does not say. What
// there is no answer for is 404.
Answer AnswerTo(const Question& question, const Server* server,
                const History& history, int ready_peers);

// 200, or 503 with the reason. `ready_peers` below 0: half of them.
Answer Health(const Stats& stats);
Answer Readiness(const Stats& stats, int ready_peers);

// By protobuf's mapping, each event with its words.
std::string ToJson(Stats stats);
std::string ToJson(Recording recording);

}  // namespace raft_cluster::internal

#endif  // RAFT_STATUS_ANSWERS_H_
