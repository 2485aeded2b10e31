// What people write who take JSON for something else, and what to tell them.
//
// Thread rule: functions of values.
#ifndef RAFT_CLUSTER_CONFIG_JSON_HABITS_H_
#define RAFT_CLUSTER_CONFIG_JSON_HABITS_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// Of what stands at `offset`, where the parser gave up; "" if it is none of the
// usual mistakes. `open` is '{' or '[', the innermost that is not closed, or 0.
std::string Habit(absl::string_view text, size_t offset, char open,
                  bool wants_colon);

// Of the text in quotes that begins at `begin` and is wrong at `offset`, for
// the parser's reason `why`: where to look, and what to tell.
size_t WrongTextAt(absl::string_view text, size_t begin, size_t offset);
std::string WrongText(absl::string_view text, size_t offset,
                      absl::string_view why);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_CONFIG_JSON_HABITS_H_
