#include "raft/cluster/link/wire.h"

// The state of a hash over two parts has its size in this part of the header.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>
#if __has_include(<xxh_x86dispatch.h>)
// The widest vectors that the processor has: three times as fast as those that
// all have.
#include <xxh_x86dispatch.h>
#endif

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "raft/cluster/link/item.h"
#include "raft/cluster/link/mutant.h"
#include "raft/cluster/link/varint.h"

namespace raft_cluster::internal {
namespace {

// Field numbers of proto/frame.proto.
constexpr uint32_t kChecksumTag = WireTag(1, kFixed32);
constexpr uint32_t kCluster = WireTag(2, kFixed64);
constexpr uint32_t kFrom = WireTag(3, kVarint);
constexpr uint32_t kTo = WireTag(4, kVarint);
constexpr uint32_t kSrc = WireTag(5, kBytes);
constexpr uint32_t kDst = WireTag(6, kBytes);
constexpr uint32_t kSession = WireTag(7, kVarint);
constexpr uint32_t kFirst = WireTag(8, kVarint);
constexpr uint32_t kReceived = WireTag(9, kVarint);
constexpr uint32_t kTaken = WireTag(10, kVarint);
constexpr uint32_t kCredit = WireTag(11, kVarint);
constexpr uint32_t kStamp = WireTag(12, kVarint);
constexpr uint32_t kEcho = WireTag(13, kVarint);
constexpr uint32_t kAsk = WireTag(14, kVarint);
constexpr uint32_t kItems = WireTag(15, kBytes);
constexpr uint32_t kLeave = WireTag(16, kVarint);
constexpr uint32_t kHello = WireTag(17, kBytes);
constexpr uint32_t kLifeStart = WireTag(1, kFixed64);
constexpr uint32_t kLifeRandom = WireTag(2, kFixed64);

constexpr size_t kChecksumBytes = 1 + sizeof(uint32_t);
constexpr uint64_t kLifeBytes = 18;

// The same whether hashed at once or in parts; to set up for parts costs more
// than to copy a small frame together.
constexpr size_t kHashedAtOnce = 1024;

uint32_t Checksum(absl::string_view rest, absl::string_view body) {
  if (body.empty()) {
    return static_cast<uint32_t>(XXH3_64bits(rest.data(), rest.size()));
  }
  if (const size_t size = rest.size() + body.size(); size <= kHashedAtOnce) {
    char all[kHashedAtOnce];
    std::memcpy(all, rest.data(), rest.size());
    std::memcpy(all + rest.size(), body.data(), body.size());
    return static_cast<uint32_t>(XXH3_64bits(all, size));
  }
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, rest.data(), rest.size());
  XXH3_64bits_update(&state, body.data(), body.size());
  return static_cast<uint32_t>(XXH3_64bits_digest(&state));
}

char* PutLife(char* out, uint32_t tag, const Life& life) {
  *out++ = static_cast<char>(tag);
  *out++ = static_cast<char>(kLifeBytes);
  *out++ = static_cast<char>(kLifeStart);
  out = PutFixed(out, life.start_us);
  *out++ = static_cast<char>(kLifeRandom);
  return PutFixed(out, life.random);
}

// Fields with their default value are left out, as protobuf does.
char* PutField(char* out, uint32_t tag, uint64_t value) {
  if (value == 0) return out;
  return PutVarint(PutVarint(out, tag), value);
}

char* PutHeader(const Header& header, char* out) {
  *out++ = static_cast<char>(kCluster);
  out = PutFixed(out, header.cluster);
  out = PutField(out, kFrom, static_cast<uint64_t>(header.from));
  out = PutField(out, kTo, static_cast<uint64_t>(header.to));
  out = PutLife(out, kSrc, header.src);
  if (header.dst) out = PutLife(out, kDst, header.dst);
  out = PutField(out, kSession, header.session);
  out = PutField(out, kFirst, header.first);
  out = PutField(out, kReceived, header.received);
  out = PutField(out, kTaken, header.taken);
  out = PutField(out, kCredit, header.credit);
  out = PutField(out, kStamp, header.stamp);
  out = PutField(out, kEcho, header.echo);
  out = PutField(out, kAsk, header.ask);
  out = PutField(out, kLeave, header.leave);
  if (header.hello.has_value()) {
    const size_t size = header.hello->ByteSizeLong();
    out = PutVarint(PutVarint(out, kHello), size);
    header.hello->SerializeToArray(out, static_cast<int>(size));
    out += size;
  }
  return out;
}

const char* GetLife(const char* in, const char* end, Life* life) {
  if (static_cast<uint64_t>(end - in) < kLifeBytes + 1 ||
      static_cast<uint8_t>(in[0]) != kLifeBytes ||
      static_cast<uint8_t>(in[1]) != kLifeStart ||
      static_cast<uint8_t>(in[10]) != kLifeRandom) {
    return nullptr;
  }
  life->start_us = GetFixed<uint64_t>(in + 2);
  life->random = GetFixed<uint64_t>(in + 11);
  return in + 1 + kLifeBytes;
}

// Reads a varint of at most `max`.
const char* GetBounded(const char* in, const char* end, uint64_t max,
                       uint64_t* value) {
  in = GetVarint(in, end, value);
  return in != nullptr && *value <= max ? in : nullptr;
}

const char* GetPid(const char* in, const char* end, Pid* pid) {
  uint64_t value;
  in = GetBounded(in, end, std::numeric_limits<Pid>::max(), &value);
  *pid = static_cast<Pid>(value);
  return in;
}

const char* GetBool(const char* in, const char* end, bool* flag) {
  uint64_t value;
  in = GetBounded(in, end, 1, &value);
  *flag = value == 1;
  return in;
}

// Reads one field but items; returns null if it is malformed or unknown.
const char* GetField(uint64_t tag, const char* in, const char* end,
                     Header* header) {
  constexpr uint64_t kNoBound = std::numeric_limits<uint64_t>::max();
  switch (tag) {
    case kCluster:
      if (static_cast<size_t>(end - in) < sizeof(uint64_t)) return nullptr;
      header->cluster = GetFixed<uint64_t>(in);
      return in + sizeof(uint64_t);
    case kFrom:
      return GetPid(in, end, &header->from);
    case kTo:
      return GetPid(in, end, &header->to);
    case kSrc:
      return GetLife(in, end, &header->src);
    case kDst:
      return GetLife(in, end, &header->dst);
    case kSession:
      return GetBool(in, end, &header->session);
    case kFirst:
      return GetBounded(in, end, kNoBound, &header->first);
    case kReceived:
      return GetBounded(in, end, kNoBound, &header->received);
    case kTaken:
      return GetBounded(in, end, kNoBound, &header->taken);
    case kCredit:
      return GetBounded(in, end, kNoBound, &header->credit);
    case kStamp:
      return GetBounded(in, end, kNoBound, &header->stamp);
    case kEcho:
      return GetBounded(in, end, kNoBound, &header->echo);
    case kAsk:
      return GetBool(in, end, &header->ask);
    case kLeave:
      return GetBool(in, end, &header->leave);
    case kHello: {
      uint64_t size;
      in = GetVarint(in, end, &size);
      if (in == nullptr || size > static_cast<uint64_t>(end - in) ||
          size > kMaxHeadBytes ||
          !header->hello.emplace().ParseFromArray(in, static_cast<int>(size))) {
        return nullptr;
      }
      return in + size;
    }
    default:
      return nullptr;
  }
}

// An envelope of at most one fragment's size travels whole. All fragments but
// the last are full, and there are just as many as it takes.
bool RightSize(const Item& item) {
  if (item.whole()) return item.msg.size() <= kFragmentBytes;
  const uint64_t before = uint64_t{item.index} * kFragmentBytes;
  const uint64_t before_last = (uint64_t{item.count} - 1) * kFragmentBytes;
  if (item.total_bytes <= before_last ||
      item.total_bytes > before_last + kFragmentBytes) {
    return false;
  }
  return item.msg.size() ==
         (item.ends_envelope() ? item.total_bytes - before : kFragmentBytes);
}

// What no server of ours would ever say.
bool Contradictory(const Header& header, uint64_t item_count) {
  if (!header.src || header.from <= 0 || header.to <= 0) return true;
  if (!header.session) return item_count != 0;
  constexpr uint64_t kMaxSequence = uint64_t{1} << 62;
  return !header.dst || header.first == 0 || header.first > kMaxSequence ||
         header.taken > header.received;
}

}  // namespace

Frame EncodeFrame(const Header& header, absl::string_view prefix,
                  const Bytes& body) {
  char buffer[kMaxHeadBytes];
  char* end = PutHeader(header, buffer + kChecksumBytes);
  if (!prefix.empty()) {
    std::memcpy(end, prefix.data(), prefix.size());
    end += prefix.size();
  }
  const absl::string_view rest(
      buffer + kChecksumBytes,
      static_cast<size_t>(end - buffer) - kChecksumBytes);
  buffer[0] = static_cast<char>(kChecksumTag);
  PutFixed(buffer + 1, Checksum(rest, body.view()));
  return Frame{
      Bytes::Copy(absl::string_view(buffer, static_cast<size_t>(end - buffer))),
      body};
}

ParseResult ParseFrame(const Frame& frame, bool verify_checksum,
                       ParsedFrame* parsed) {
  *parsed = ParsedFrame();
  const absl::string_view head = frame.head.view();
  if (head.size() < kChecksumBytes ||
      static_cast<uint8_t>(head[0]) != kChecksumTag) {
    return ParseResult::kMalformed;
  }
  if (verify_checksum && !Mutated(Mutant::kChecksumsAreNotLookedAt) &&
      GetFixed<uint32_t>(head.data() + 1) !=
          Checksum(head.substr(kChecksumBytes), frame.body.view())) {
    return ParseResult::kChecksum;
  }
  const char* in = head.data() + kChecksumBytes;
  const char* const end = head.data() + head.size();
  while (in != end) {
    uint64_t tag;
    const char* value = GetVarint(in, end, &tag);
    if (value == nullptr) return ParseResult::kMalformed;
    if (tag == kItems) break;
    in = GetField(tag, value, end, &parsed->header);
    if (in == nullptr) return ParseResult::kMalformed;
  }
  parsed->items = frame.head.Slice(static_cast<size_t>(in - head.data()));
  parsed->tail = frame.body;
  if (parsed->items.empty()) {
    parsed->items = frame.body;
    parsed->tail = Bytes();
  }
  ItemReader reader(parsed->items.view(), parsed->tail.view());
  for (Item item; reader.Next(&item);) {
    ++parsed->item_count;
    parsed->cost += item.cost();
    parsed->largest = std::max<uint64_t>(parsed->largest, item.msg.size());
    parsed->fragments |= !item.whole();
    if (!RightSize(item)) return ParseResult::kMalformed;
  }
  if (!reader.ok() || Contradictory(parsed->header, parsed->item_count)) {
    return ParseResult::kMalformed;
  }
  return ParseResult::kOk;
}

}  // namespace raft_cluster::internal
