// Base-128 integers and field tags as protobuf writes them.
//
// Thread rule: free functions without state.
#ifndef RAFT_CLUSTER_LINK_VARINT_H_
#define RAFT_CLUSTER_LINK_VARINT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace raft_cluster::internal {

inline constexpr size_t kMaxVarintBytes = 10;

enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr uint32_t WireTag(uint32_t field, WireType type) {
  return field << 3 | type;
}

constexpr size_t VarintSize(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

// Writes at `out`, which has room for kMaxVarintBytes; returns the end.
inline char* PutVarint(char* out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    *out++ = static_cast<char>(value | 0x80);
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline constexpr bool kLittleEndian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

// Little-endian on every machine.
template <typename T>
char* PutFixed(char* out, T value) {
  if (kLittleEndian) {
    std::memcpy(out, &value, sizeof(T));
    return out + sizeof(T);
  }
  for (size_t i = 0; i < sizeof(T); ++i) {
    *out++ = static_cast<char>(value >> (8 * i));
  }
  return out;
}
template <typename T>
T GetFixed(const char* in) {
  T value = 0;
  if (kLittleEndian) {
    std::memcpy(&value, in, sizeof(T));
    return value;
  }
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= T{static_cast<uint8_t>(in[i])} << (8 * i);
  }
  return value;
}

// Reads from [in, end); returns the end of the varint, or null if there is no
// whole one.
inline const char* GetVarint(const char* in, const char* end, uint64_t* value) {
  if (in != end && static_cast<uint8_t>(*in) < 0x80) {
    *value = static_cast<uint8_t>(*in);
    return in + 1;
  }
  uint64_t result = 0;
  for (size_t i = 0; i < kMaxVarintBytes && in != end; ++i) {
    const uint8_t byte = static_cast<uint8_t>(*in++);
    result |= uint64_t{byte & 0x7fu} << (7 * i);
    if (byte < 0x80) {
      if (i == kMaxVarintBytes - 1 && byte > 1) return nullptr;
      *value = result;
      return in;
    }
  }
  return nullptr;
}

// Skips the value of a field that the reader does not know, in [in, end). Null
// if there is no whole one, or its wire type is none that we know (groups are
// long out of use).
inline const char* SkipField(uint64_t tag, const char* in, const char* end) {
  constexpr uint64_t kMaxTag = UINT32_MAX;
  const uint64_t here = static_cast<uint64_t>(end - in);
  uint64_t value;
  if (tag < 8 || tag > kMaxTag) return nullptr;  // No field has that number.
  switch (tag & 7) {
    case kVarint:
      return GetVarint(in, end, &value);
    case kFixed64:
      return here < sizeof(uint64_t) ? nullptr : in + sizeof(uint64_t);
    case kFixed32:
      return here < sizeof(uint32_t) ? nullptr : in + sizeof(uint32_t);
    case kBytes:
      in = GetVarint(in, end, &value);
      return in == nullptr || value > static_cast<uint64_t>(end - in)
                 ? nullptr
                 : in + value;
    default:
      return nullptr;
  }
}

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_VARINT_H_
