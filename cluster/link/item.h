// Items, written into and read from the bytes that proto/frame.proto describes
// (field `items` of Frame) without a protobuf object between.
//
//   std::string bytes;
//   AppendItem({/*id=*/7, /*broadcast=*/false, "hello"}, &bytes);
//   ItemReader reader(bytes);
//   for (Item item; reader.Next(&item);) { ... item.msg views bytes ... }
//   if (!reader.ok()) { ... malformed ... }
//
// Thread rule: values and free functions.
#ifndef RAFT_CLUSTER_LINK_ITEM_H_
#define RAFT_CLUSTER_LINK_ITEM_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// An envelope with a larger msg travels in pieces of this size, which the hello
// says. A peer may cut smaller ones; where both ends have a transport that
// carries larger frames well, they agree on larger ones.
inline constexpr size_t kFragmentBytes = size_t{256} << 10;
inline constexpr size_t kLargestFragmentBytes = size_t{1} << 20;
inline constexpr size_t kMinFragmentBytes = size_t{4} << 10;
// The items of a frame: a fragment, or four envelopes of 64 KiB, and a little.
inline constexpr size_t kBesideFragmentBytes = size_t{4} << 10;
inline constexpr size_t kMaxBodyBytes = kFragmentBytes + kBesideFragmentBytes;
// What an envelope costs besides its msg, for budgets and credit.
inline constexpr uint64_t kEnvelopeOverhead = 64;
// All of an item but its msg takes no more than this.
inline constexpr size_t kMaxItemPrefixBytes = 80;

// An envelope, or a fragment of a large one.
struct Item {
  uint64_t id = 0;
  bool broadcast = false;
  absl::string_view msg;
  // Of a fragment. count 0: a whole envelope.
  uint32_t index = 0;
  uint32_t count = 0;
  uint64_t total_bytes = 0;

  bool whole() const { return count == 0; }
  bool begins_envelope() const { return index == 0; }
  bool ends_envelope() const { return whole() || index + 1 == count; }
  // What it counts in the stream's positions.
  uint64_t cost() const {
    return msg.size() + (begins_envelope() ? kEnvelopeOverhead : 0);
  }
};

// What an item may have beside its msg, fields of later versions included:
// whoever pins an item pins little more than what it counts.
inline constexpr size_t kMaxItemFieldBytes = 128;

// Whether a fragment is one of those into which an envelope of its total size
// is cut: all but the last have `fragment_bytes`, and there are just as many as
// it takes.
bool IsCutRight(const Item& item, uint64_t fragment_bytes);

// Writes all of an item but its msg, which is to follow at once. `out` has
// room for kMaxItemPrefixBytes. Returns the end.
char* PutItemPrefix(const Item& item, char* out);

void AppendItem(const Item& item, std::string* out);

// Reads the items of a frame one by one.
class ItemReader {
 public:
  // `tail` is for a frame in two parts whose second is the msg of the only
  // item of the first (anything else is malformed); else empty.
  explicit ItemReader(absl::string_view items, absl::string_view tail = {})
      : in_(items.data()), end_(items.data() + items.size()), tail_(tail) {}

  // False at the end, or at the first malformed item (then !ok()).
  bool Next(Item* item);
  bool ok() const { return ok_; }
  // What has not been read.
  absl::string_view rest() const {
    return absl::string_view(in_, static_cast<size_t>(end_ - in_));
  }

 private:
  bool Fail() {
    ok_ = false;
    return false;
  }
  static bool ReadFields(const char* in, const char* end,
                         absl::string_view tail, Item* item);

  const char* in_;
  const char* end_;
  absl::string_view tail_;
  bool ok_ = true;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CLUSTER_LINK_ITEM_H_
