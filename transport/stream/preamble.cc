#include "raft/transport/stream/preamble.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/transport/stream/little_endian.h"

namespace raft_cluster::internal::stream {
namespace {

constexpr absl::string_view kMagic = "raftstrm";
constexpr size_t kReserved = 48;  // Where it begins.

}  // namespace

Nonce NewNonce() {
  Nonce nonce;
  // So few bytes come at once, or never: then the system has no chance yet.
  ssize_t count;
  do {
    count = getrandom(nonce.data(), nonce.size(), /*flags=*/0);
  } while (count < 0 && errno == EINTR);
  RAFT_ASSERT(count == static_cast<ssize_t>(nonce.size()));
  return nonce;
}

std::string Encode(const Preamble& preamble) {
  std::string bytes(kMagic);
  bytes.resize(kPreambleBytes, '\0');
  PutLittleEndian(preamble.lowest_version, &bytes[8]);
  PutLittleEndian(preamble.highest_version, &bytes[10]);
  PutLittleEndian(static_cast<uint32_t>(preamble.self), &bytes[16]);
  PutLittleEndian(static_cast<uint32_t>(preamble.called), &bytes[20]);
  PutLittleEndian(preamble.max_frame_bytes, &bytes[24]);
  std::copy(preamble.nonce.begin(), preamble.nonce.end(), &bytes[32]);
  return bytes;
}

absl::StatusOr<Preamble> ParsePreamble(absl::string_view bytes) {
  RAFT_ASSERT(bytes.size() == kPreambleBytes);
  if (!absl::StartsWith(bytes, kMagic)) {
    return absl::InvalidArgumentError("it speaks something else");
  }
  Preamble preamble;
  preamble.lowest_version = GetLittleEndian<uint16_t>(&bytes[8]);
  preamble.highest_version = GetLittleEndian<uint16_t>(&bytes[10]);
  if (preamble.lowest_version > kVersion ||
      preamble.highest_version < kVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("it speaks versions ", preamble.lowest_version, " to ",
                     preamble.highest_version,
                     " of the protocol, and this server version ", kVersion));
  }
  // What a later version puts there, it puts there for its like alone.
  const absl::string_view reserved = bytes.substr(kReserved);
  if (GetLittleEndian<uint32_t>(&bytes[12]) != 0 ||
      reserved.find_first_not_of('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("it speaks something else");
  }
  preamble.self = static_cast<Pid>(GetLittleEndian<uint32_t>(&bytes[16]));
  preamble.called = static_cast<Pid>(GetLittleEndian<uint32_t>(&bytes[20]));
  preamble.max_frame_bytes = GetLittleEndian<uint64_t>(&bytes[24]);
  std::copy_n(&bytes[32], kNonceBytes, preamble.nonce.begin());
  return preamble;
}

}  // namespace raft_cluster::internal::stream
