// A frame's header, written into and read from the bytes of
// proto/frame.proto. cluster/link/item.h has the items behind it.
//
// Thread rule: values and free functions.
#ifndef RAFT_CLUSTER_LINK_WIRE_H_
#define RAFT_CLUSTER_LINK_WIRE_H_

#include <algorithm>
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

// The versions that this build speaks. Two servers use the highest that both
// do, and refuse each other only where there is none.
inline constexpr uint32_t kOldestVersion = 1;
inline constexpr uint32_t kNewestVersion = 1;
// What we put before the items of a frame, and before or into its body.
inline constexpr size_t kMaxHeadBytes = 768;
// The longest url that a hello may carry.
inline constexpr size_t kMaxUrlBytes = 256;
// What may come before the items of a frame: the fields that we know, once
// each, and some of later versions. It bounds what a frame pins beside its
// items.
inline constexpr size_t kMaxHeaderBytes = 1024;
inline constexpr size_t kMaxFrameBytes = kMaxHeaderBytes + kMaxBodyBytes;
// The same with the largest of fragments.
inline constexpr size_t kLargestFrameBytes =
    kMaxHeaderBytes + kLargestFragmentBytes + kBesideFragmentBytes;

// The largest fragments that fit in a frame of so many bytes, within what every
// server takes at least and at most.
inline size_t FragmentBytesFor(size_t frame_bytes) {
  return std::clamp(frame_bytes, kMaxFrameBytes, kLargestFrameBytes) -
         kMaxHeaderBytes - kBesideFragmentBytes;
}

// One life of a server, as one link speaks of it; in the order of age. All
// zero: none.
struct Life {
  uint64_t start_us = 0;
  uint64_t random = 0;
  // Grows with each link that the process makes anew to the same peer, so that
  // the peer takes it for a new life. 0 for the first.
  uint64_t epoch = 0;

  explicit operator bool() const { return start_us != 0 || random != 0; }
  friend bool operator==(const Life& a, const Life& b) {
    return a.start_us == b.start_us && a.random == b.random &&
           a.epoch == b.epoch;
  }
  friend bool operator!=(const Life& a, const Life& b) { return !(a == b); }
  friend bool operator<(const Life& a, const Life& b) {
    return std::tie(a.start_us, a.random, a.epoch) <
           std::tie(b.start_us, b.random, b.epoch);
  }
  friend bool operator>(const Life& a, const Life& b) { return b < a; }

  // Of the process, whichever of its links speaks.
  bool SameProcess(const Life& other) const {
    return start_us == other.start_us && random == other.random;
  }
  bool NewerProcess(const Life& other) const {
    return !SameProcess(other) && *this > other;
  }

  Incarnation ToProto() const {
    Incarnation incarnation;
    incarnation.set_start_us(start_us);
    incarnation.set_random(random);
    incarnation.set_epoch(epoch);
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
// REQUIRES: a prefix of at most kMaxItemPrefixBytes, and a hello of our own,
// without fields that we do not know.
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

// The highest version that both this build and whoever said `hello` speak; 0 if
// there is none.
uint32_t CommonVersion(const wire::Hello& hello);

enum class ParseResult { kOk, kMalformed, kChecksum };

// Fills `parsed` anew. Looks at nothing but the bytes; whoever wrote them, the
// result is kOk only for a frame whose every field is in its range. Fields of
// later versions are skipped. A frame whose hello has no version in common with
// us is kOk whatever else it says: all but cluster, from, to, src, dst, session
// and hello may mean something else there, and nothing else of it is to be
// relied on. It has no items, and of its hello what could be read.
ParseResult ParseFrame(const Frame& frame, bool verify_checksum,
                       ParsedFrame* parsed);

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_WIRE_H_
