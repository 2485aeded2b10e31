#include "raft/status/utf8.h"

#include <cstddef>
#include <cstdint>

namespace raft_cluster::internal {
namespace {

// How many bytes the character at the start of `text` has; 0 if there is none
// that is valid (overlong ones and surrogates are not).
size_t CharacterBytes(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return 0;
  uint32_t code = lead & (0xffU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3f);
  }
  if (bytes == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) {
    return 0;
  }
  if (bytes == 4 && (code < 0x10000 || code > 0x10ffff)) return 0;
  return bytes;
}

}  // namespace

std::string ValidUtf8(absl::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t bytes = CharacterBytes(text);
    valid.append(bytes == 0 ? "?" : std::string(text.substr(0, bytes)));
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return valid;
}

}  // namespace raft_cluster::internal
