// JSON text into a Config by protobuf's JSON mapping, and the words for a text
// that does not fit: protobuf's own name neither the entry nor what is allowed.
//
// Thread rule: any thread.
#ifndef RAFT_CLUSTER_CONFIG_JSON_H_
#define RAFT_CLUSTER_CONFIG_JSON_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/proto/config.pb.h"

namespace raft_cluster::internal {

// INVALID_ARGUMENT: the text is not JSON (says where: line, column and what
// stands there), or has a field that Config does not have, or a value of
// another type, e.g.
//   entry 2 (mypid 2), field "url": 5 is not a text in quotes
// Whether the values make sense is not looked at: CheckConfig does.
absl::StatusOr<Config> ConfigFromJson(absl::string_view json);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_CONFIG_JSON_H_
