// Messages that say which they are, so that a reader of bytes alone (a line of
// a program's output, say) can tell what it has before it.
//
//   std::string msg = MakeMessage(/*id=*/17, /*bytes=*/40);
//   // "#17 kQ0v..." : 40 printable bytes, the same for the same arguments
//   MessageId(msg);   // 17
//
// Thread rule: any thread.
#ifndef RAFT_TESTING_MESSAGE_H_
#define RAFT_TESTING_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace raft_cluster::internal {

// One line of text of exactly `bytes` bytes. Where they do not suffice for the
// id it is cut off (so an empty message says nothing).
std::string MakeMessage(uint64_t id, size_t bytes);

// The id that a message names; nullopt if it names none. A message that was
// cut off within its id is taken at its word: compare with MakeMessage().
absl::optional<uint64_t> MessageId(absl::string_view msg);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_MESSAGE_H_
