#include "raft/cluster/link/outgoing.h"

#include <algorithm>
#include <cstring>

#include "raft/base/assert.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kCacheLineBytes = 64;
// How far ahead of what is written memory is asked for.
constexpr size_t kWriteAheadBytes = 8 * kCacheLineBytes;

// Asks for a line of memory that is about to be written. Its last reader is a
// thread on another core, which had the former frames there; without this, each
// line would be waited for.
void PrepareToWrite(const char* line) {
#if defined(__x86_64__)
  // The builtin asks for reading only, unless the compiler is told that the
  // processor knows more; one that does not takes this for nothing.
  asm volatile("prefetchw %0" : : "m"(*line));
#else
  __builtin_prefetch(line, /*rw=*/1);
#endif
}

}  // namespace

Outgoing MakeOutgoing(absl::string_view msg, uint64_t id, bool broadcast) {
  Outgoing envelope;
  envelope.id = id;
  envelope.broadcast = broadcast;
  envelope.msg =
      msg.size() < kReferenceBytes ? Bytes(nullptr, msg) : Bytes::Copy(msg);
  return envelope;
}

char* Encode(const Outgoing& envelope, char* to, char* end) {
  RAFT_DEBUG_ASSERT(!envelope.is_large());
  RAFT_DEBUG_ASSERT(EncodedBytes(envelope) <= static_cast<size_t>(end - to));
  const size_t room = static_cast<size_t>(end - to);
  const size_t lines_end = std::min(
      kWriteAheadBytes + std::min(EncodedBytes(envelope), kWriteAheadBytes),
      room);
  for (size_t at = kWriteAheadBytes; at < lines_end; at += kCacheLineBytes) {
    PrepareToWrite(to + at);
  }
  Item item;
  item.id = envelope.id;
  item.broadcast = envelope.broadcast;
  item.msg = envelope.msg.view();
  to = PutItemPrefix(item, to);
  if (!item.msg.empty()) std::memcpy(to, item.msg.data(), item.msg.size());
  return to + item.msg.size();
}

}  // namespace raft_cluster::internal
