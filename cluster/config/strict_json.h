// JSON as RFC 8259 has it, and nothing else, into a tree in which every value
// knows where it stands.
//
//   absl::StatusOr<JsonValue> root = ParseStrictJson(WithoutBom(text));
//   if (!root.ok()) ...  // line 2, column 3: is not JSON: "mypid" stands twice
//
// protobuf's own mapping is lenient: of two fields with one name the last one
// counts, names need no quotes, a comma may trail, and nulls are passed over.
// In a file that says who may speak, each of these hides a mistake.
//
// Thread rule: functions of values.
#ifndef RAFT_CLUSTER_CONFIG_STRICT_JSON_H_
#define RAFT_CLUSTER_CONFIG_STRICT_JSON_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// Refers to nothing: the text may go.
struct JsonValue {
  enum Kind { kNull, kBool, kNumber, kText, kList, kObject };

  Kind kind = kNull;
  std::string name;                     // As a field of an object.
  size_t name_begin = 0, name_end = 0;  // With its quotes.
  std::string text;              // kText: what is meant. kNumber: as written.
  std::vector<JsonValue> parts;  // Of a list or an object, in order.
  size_t begin = 0, end = 0;     // Where it stands, in bytes of the text.
};

// The text after the mark that some editors put before UTF-8.
absl::string_view WithoutBom(absl::string_view text);

// INVALID_ARGUMENT: says the line, the column and what to do. Besides what the
// RFC refuses these are: an object with two fields of one name, more than 16
// levels, and a number that no double holds.
absl::StatusOr<JsonValue> ParseStrictJson(absl::string_view text);

// What stands there as it is written, in one line, and cut off where it is
// long.
std::string ShownInText(absl::string_view text, size_t begin, size_t end);

// "line 2, column 3", both from 1; columns are characters, not bytes.
std::string PlaceInText(absl::string_view text, size_t offset);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_CONFIG_STRICT_JSON_H_
