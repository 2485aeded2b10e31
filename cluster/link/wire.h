// A frame's header, written into and read from the bytes of
// proto/frame.proto. cluster/link/item.h has the items behind it.
//
// Thread rule: values and free functions.
#ifndef RAFT_CLUSTER_LINK_WIRE_H_
#define RAFT_CLUSTER_LINK_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <tuple>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "raft/base/pid.h"
#include "raft/cluster/link/item.h"
#include "raft/proto/incarnation.pb.h"
#include "raft/proto/wire/frame.pb.h"
#include "raft/transport/frame.h"

namespace raft_cluster::internal {

// Two servers talk only if they have the same.
inline constexpr uint32_t kProtocolVersion = 1;
// A frame is never larger: a header with hello, and one chunk of items.
inline constexpr size_t kMaxHeadBytes = 384;
inline constexpr size_t kMaxFrameBytes = kMaxHeadBytes + kMaxBodyBytes;

// One life of a server, in the order of age. All zero: none.
struct Life {
  uint64_t start_us = 0;
  uint64_t random = 0;

  explicit operator bool() const { return start_us != 0 || random != 0; }
  friend bool operator==(const Life& a, const Life& b) {
    return a.start_us == b.start_us && a.random == b.random;
  }
  friend bool operator!=(const Life& a, const Life& b) { return !(a == b); }
  friend bool operator<(const Life& a, const Life& b) {
    return std::tie(a.start_us, a.random) < std::tie(b.start_us, b.random);
  }
  friend bool operator>(const Life& a, const Life& b) { return b < a; }

  Incarnation ToProto() const {
    Incarnation incarnation;
    incarnation.set_start_us(start_us);
    incarnation.set_random(random);
    return incarnation;
  }
};

// The fields of wire.Frame but checksum and items.
struct Header {
  uint64_t cluster = 0;
  Pid from = 0;
  Pid to = 0;
  Life src;
  Life dst;
  bool session = false;
  uint64_t first = 0;
  uint64_t received = 0;
  uint64_t taken = 0;
  uint64_t credit = 0;
  uint64_t stamp = 0;
  uint64_t echo = 0;
  bool ask = false;
  bool leave = false;
  absl::optional<wire::Hello> hello;
};

// Makes a frame of a header and items: `prefix` goes into the head behind the
// header, `body` is referenced. Together they are whole items, or nothing.
// REQUIRES: a prefix of at most kMaxItemPrefixBytes.
Frame EncodeFrame(const Header& header, absl::string_view prefix = {},
                  const Bytes& body = {});

// A frame taken apart and found well-formed.
struct ParsedFrame {
  Header header;
  // The items: `items` views `bytes`; `tail` is the msg of the only item, where
  // that came as a second part.
  Bytes items;
  Bytes tail;
  uint64_t item_count = 0;
  uint64_t cost = 0;     // Of all items.
  uint64_t largest = 0;  // The size of the largest item's msg.
  bool fragments = false;
};

enum class ParseResult { kOk, kMalformed, kChecksum };

// Fills `parsed` anew. Looks at nothing but the bytes; whoever wrote them, the
// result is kOk only for a frame whose every field is in its range.
ParseResult ParseFrame(const Frame& frame, bool verify_checksum,
                       ParsedFrame* parsed);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_WIRE_H_
