// JSON text into a Config: strict JSON first, then the schema, then protobuf's
// JSON mapping, which would take much that is neither and whose words for the
// rest name neither the entry nor what is allowed.
//
// Thread rule: any thread.
#ifndef RAFT_CLUSTER_CONFIG_JSON_H_
#define RAFT_CLUSTER_CONFIG_JSON_H_

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/proto/config.pb.h"

namespace raft_cluster::internal {

// Where the fields of a config stand in its text, for those who find a mistake
// in it later. Empty for a config that a program filled in.
class Places {
 public:
  static constexpr int kNoEntry = -1;  // A field that is not of a server.

  // `text` outlives it.
  explicit Places(absl::string_view text) : text_(text) {}

  // `entry` from 0; `field` as in the text, "" for the entry as a whole.
  void Add(int entry, absl::string_view field, size_t offset);
  // " (line 2, column 3)", of the entry where the field is left out; "" if it
  // is unknown.
  std::string Of(int entry, absl::string_view field) const;

 private:
  const absl::string_view text_;
  // Counting lines takes a look at all of the text, so only a mistake does it.
  std::map<std::pair<int, std::string>, size_t> offsets_;
};

// INVALID_ARGUMENT: the text is not JSON by RFC 8259 (strict_json.h), or has a
// field that Config does not have, or one twice, or a value of another type,
// null among them, e.g.
//   entry 2 (mypid 2), field "url": 5 is not a text in quotes (line 3,
//   column 24)
// Whether the values make sense is not looked at: CheckConfig does.
absl::StatusOr<Config> ConfigFromJson(absl::string_view json, Places& places);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_CONFIG_JSON_H_
