#include "raft/cluster/link/wire.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

#include "raft/base/assert.h"
#include "raft/cluster/link/checksum.h"
#include "raft/cluster/link/item.h"
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
constexpr uint32_t kLifeEpoch = WireTag(3, kVarint);

constexpr size_t kChecksumBytes = 1 + sizeof(uint32_t);
constexpr size_t kLifeBytes = 2 * (1 + sizeof(uint64_t));
constexpr size_t kMaxLifeBytes = kLifeBytes + 1 + kMaxVarintBytes;

// The most that PutHeader() writes: see there, field by field.
constexpr size_t kMaxHelloBytes = 208 + kMaxUrlBytes;
constexpr size_t kMaxPutHeaderBytes =
    1 + sizeof(uint64_t) +           // cluster
    2 * (1 + 5) +                    // from, to
    2 * (2 + kMaxLifeBytes) +        // src, dst
    2 + 6 * (1 + kMaxVarintBytes) +  // session; first to echo
    2 + 3 +                          // ask, leave
    2 + 2 + kMaxHelloBytes;          // hello
static_assert(kChecksumBytes + kMaxPutHeaderBytes + kMaxItemPrefixBytes <=
                  kMaxHeadBytes,
              "EncodeFrame() has room for every header and item prefix");

char* PutLife(char* out, uint32_t tag, const Life& life) {
  // Left out at 0, which most have: it would stand twice in every frame.
  const size_t epoch = life.epoch == 0 ? 0 : 1 + VarintSize(life.epoch);
  *out++ = static_cast<char>(tag);
  *out++ = static_cast<char>(kLifeBytes + epoch);
  *out++ = static_cast<char>(kLifeStart);
  out = PutFixed(out, life.start_us);
  *out++ = static_cast<char>(kLifeRandom);
  out = PutFixed(out, life.random);
  if (epoch == 0) return out;
  *out++ = static_cast<char>(kLifeEpoch);
  return PutVarint(out, life.epoch);
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

// Reads the fields of an Incarnation. False: one that we know is broken, or is
// not there.
bool ReadLife(const char* in, const char* end, Life* life) {
  bool has_start = false;
  bool has_random = false;
  while (in != end) {
    uint64_t tag;
    in = GetVarint(in, end, &tag);
    if (in == nullptr) return false;
    if (tag == kLifeEpoch) {
      in = GetVarint(in, end, &life->epoch);
      if (in == nullptr) return false;
      continue;
    }
    const char* const value = in;
    in = SkipField(tag, in, end);
    if (in == nullptr) return false;
    if (tag == kLifeStart) {
      life->start_us = GetFixed<uint64_t>(value);
      has_start = true;
    } else if (tag == kLifeRandom) {
      life->random = GetFixed<uint64_t>(value);
      has_random = true;
    }
  }
  return has_start && has_random;
}

const char* GetLife(const char* in, const char* end, Life* life) {
  uint64_t size;
  in = GetVarint(in, end, &size);
  if (in == nullptr || size > static_cast<uint64_t>(end - in) ||
      !ReadLife(in, in + size, life)) {
    return nullptr;
  }
  return in + size;
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

// Reads one field but items, or skips one of a later version; null if it is
// malformed.
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
    // The one part that is left to protobuf: it has many fields, and few frames
    // have it.
    case kHello: {
      uint64_t size;
      in = GetVarint(in, end, &size);
      if (in == nullptr || size > static_cast<uint64_t>(end - in) ||
          size > kMaxHeaderBytes ||
          !header->hello.emplace().ParseFromArray(in, static_cast<int>(size))) {
        return nullptr;
      }
      return in + size;
    }
    default:
      return SkipField(tag, in, end);
  }
}

// Reads up to the items; returns where they begin, or null.
const char* GetHeader(const char* in, const char* end, Header* header) {
  const char* const begin = in;
  // Which of the fields that we know have been there. A second one would only
  // make the frame larger.
  uint32_t seen = 0;
  while (in != end) {
    uint64_t tag;
    const char* const value = GetVarint(in, end, &tag);
    if (value == nullptr) return nullptr;
    if (tag == kItems) break;
    if (const uint64_t field = tag >> 3; field < 32) {
      if ((seen & (1u << field)) != 0) return nullptr;
      seen |= 1u << field;
    }
    in = GetField(tag, value, end, header);
    if (in == nullptr ||
        static_cast<size_t>(in - begin) > kMaxHeaderBytes - kChecksumBytes) {
      return nullptr;
    }
  }
  return in;
}

// Reads of a hello what can be read of it, up to where its fields cannot be
// told apart any more. Only its beginning counts: who means well is brief, and
// the others cost little.
void ReadBrokenHello(absl::string_view bytes, wire::Hello* hello) {
  const char* in = bytes.data();
  const char* const end = in + std::min(bytes.size(), kMaxHeaderBytes);
  while (in != end) {
    const char* const begin = in;
    uint64_t tag;
    in = GetVarint(in, end, &tag);
    if (in != nullptr) in = SkipField(tag, in, end);
    if (in == nullptr) return;
    // A field may be whole and still be none to protobuf: a text that is not
    // UTF-8.
    wire::Hello field;
    if (field.ParseFromArray(begin, static_cast<int>(in - begin))) {
      hello->MergeFrom(field);
    }
  }
}

const char* GetBrokenHello(const char* in, const char* end, Header* header) {
  uint64_t size;
  in = GetVarint(in, end, &size);
  if (in == nullptr || size > static_cast<uint64_t>(end - in)) return nullptr;
  ReadBrokenHello({in, size}, &header->hello.emplace());
  return in + size;
}

// Reads the fields that mean the same in every version; those between them are
// skipped by their wire types, up to one that has none. True: it is a frame of
// another version, which may have given the rest of it another meaning.
//
// This is a second look, at frames that are malformed by our version. Most
// frames have no hello, and it stands behind all other fields: to look for it
// first would cost every good frame another walk over its header.
bool IsOfOtherVersion(absl::string_view bytes, Header* header) {
  const char* in = bytes.data();
  const char* const end = in + bytes.size();
  uint32_t seen = 0;
  while (in != nullptr && in != end) {
    uint64_t tag;
    in = GetVarint(in, end, &tag);
    if (in == nullptr) break;
    switch (tag) {
      case kCluster:
      case kFrom:
      case kTo:
      case kSrc:
      case kDst:
      case kSession:
      case kHello:
        // Twice would be twice in every version.
        if ((seen & (1u << (tag >> 3))) != 0) return false;
        seen |= 1u << (tag >> 3);
        in = tag == kHello ? GetBrokenHello(in, end, header)
                           : GetField(tag, in, end, header);
        break;
      default:
        in = SkipField(tag, in, end);
    }
  }
  return header->src && header->hello.has_value() &&
         CommonVersion(*header->hello) == 0;
}

// What no server of ours would ever say.
bool Contradictory(const Header& header, uint64_t item_count) {
  if (!header.src || header.from <= 0 || header.to <= 0) return true;
  if (!header.session) return item_count != 0;
  constexpr uint64_t kMaxSequence = uint64_t{1} << 62;
  return !header.dst || header.first == 0 || header.first > kMaxSequence ||
         header.taken > header.received;
}

// False: it is malformed by our version. Not so a frame whose hello has none in
// common with us: what follows the header of that one is not looked at.
bool ParseOurVersion(const Frame& frame, ParsedFrame* parsed) {
  const absl::string_view head = frame.head.view();
  const char* const in = GetHeader(head.data() + kChecksumBytes,
                                   head.data() + head.size(), &parsed->header);
  if (in == nullptr) return false;
  if (parsed->header.hello.has_value() &&
      CommonVersion(*parsed->header.hello) == 0) {
    return static_cast<bool>(parsed->header.src);
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
    if (item.msg.size() > kLargestFragmentBytes) return false;
  }
  return reader.ok() && !Contradictory(parsed->header, parsed->item_count);
}

}  // namespace

uint32_t CommonVersion(const wire::Hello& hello) {
  const uint32_t newest =
      std::min(kNewestVersion, std::max(hello.version(), hello.max_version()));
  return newest < std::max(kOldestVersion, hello.version()) ? 0 : newest;
}

Frame EncodeFrame(const Header& header, absl::string_view prefix,
                  const Bytes& body) {
  RAFT_ASSERT(prefix.size() <= kMaxItemPrefixBytes);
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
  if (verify_checksum &&
      GetFixed<uint32_t>(head.data() + 1) !=
          Checksum(head.substr(kChecksumBytes), frame.body.view())) {
    return ParseResult::kChecksum;
  }
  if (ParseOurVersion(frame, parsed)) return ParseResult::kOk;
  *parsed = ParsedFrame();
  return IsOfOtherVersion(head.substr(kChecksumBytes), &parsed->header)
             ? ParseResult::kOk
             : ParseResult::kMalformed;
}

}  // namespace raft_cluster::internal
