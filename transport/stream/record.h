// What travels on a connection after the preambles: records, each a u32
// (little-endian) with the kind in its two highest bits and a length in the
// others, and as many bytes.
//
// Thread rule: values.
#ifndef RAFT_TRANSPORT_STREAM_RECORD_H_
#define RAFT_TRANSPORT_STREAM_RECORD_H_

#include <cstddef>
#include <cstdint>

namespace raft_cluster::internal::stream {

enum class RecordKind : uint32_t {
  kFrame = 0,
  kEcho = 1,  // A nonce that the receiver gave on another connection.
  kEnd = 2,   // Nothing comes after this. Without bytes.
};

constexpr size_t kRecordHeaderBytes = 4;
constexpr uint32_t kRecordLengthBits = 30;
constexpr size_t kMaxRecordBytes = (size_t{1} << kRecordLengthBits) - 1;

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_RECORD_H_
