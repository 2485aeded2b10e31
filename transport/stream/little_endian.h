// Numbers in bytes, the least significant one first.
//
// Thread rule: functions of values.
#ifndef RAFT_TRANSPORT_STREAM_LITTLE_ENDIAN_H_
#define RAFT_TRANSPORT_STREAM_LITTLE_ENDIAN_H_

#include <cstddef>

namespace raft_cluster::internal::stream {

template <typename Unsigned>
void PutLittleEndian(Unsigned value, char* to) {
  for (size_t i = 0; i < sizeof(value); ++i) {
    to[i] = static_cast<char>(value >> (8 * i));
  }
}

template <typename Unsigned>
Unsigned GetLittleEndian(const char* from) {
  Unsigned value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) {
    value = static_cast<Unsigned>(
        value | static_cast<Unsigned>(static_cast<unsigned char>(from[i]))
                    << (8 * i));
  }
  return value;
}

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_LITTLE_ENDIAN_H_
