#include "raft/testing/message.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {

std::string MakeMessage(uint64_t id, size_t bytes) {
  constexpr absl::string_view kLetters =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+";
  std::string msg = absl::StrCat("#", id, " ");
  const size_t named = msg.size();
  msg.resize(bytes);
  // The constants of Knuth's generator; only the high bits are any good.
  uint64_t state = id;
  for (size_t i = named; i < bytes; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    msg[i] = kLetters[state >> 58];
  }
  return msg;
}

absl::optional<uint64_t> MessageId(absl::string_view msg) {
  uint64_t id = 0;
  if (!absl::ConsumePrefix(&msg, "#") ||
      !absl::SimpleAtoi(msg.substr(0, msg.find(' ')), &id)) {
    return absl::nullopt;
  }
  return id;
}

}  // namespace raft_cluster::internal
