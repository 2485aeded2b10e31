// What each side says first, in 64 bytes, and once: who it is, and what it
// speaks. All numbers are little-endian.
//
//   0  "raftstrm"
//   8  u16 lowest, u16 highest version that the sender speaks
//  12  u32 0
//  16  i32 the sender's pid        20  i32 the pid that is called; 0 in answers
//  24  u64 the largest frame that the sender takes
//  32  16 bytes of chance: names this connection
//  48  16 bytes 0
//
// Thread rule: values.
#ifndef RAFT_TRANSPORT_STREAM_PREAMBLE_H_
#define RAFT_TRANSPORT_STREAM_PREAMBLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"

namespace raft_cluster::internal::stream {

constexpr size_t kPreambleBytes = 64;
constexpr size_t kNonceBytes = 16;
constexpr uint16_t kVersion = 1;

using Nonce = std::array<char, kNonceBytes>;

// Nobody can guess it.
Nonce NewNonce();

struct Preamble {
  uint16_t lowest_version = kVersion;
  uint16_t highest_version = kVersion;
  Pid self = 0;
  Pid called = 0;
  uint64_t max_frame_bytes = 0;
  Nonce nonce = {};
};

std::string Encode(const Preamble& preamble);

// REQUIRES: bytes.size() == kPreambleBytes. INVALID_ARGUMENT: it is none, or of
// no version that we speak (says which).
absl::StatusOr<Preamble> ParsePreamble(absl::string_view bytes);

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_PREAMBLE_H_
