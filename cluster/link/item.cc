#include "raft/cluster/link/item.h"

#include <limits>

#include "raft/cluster/link/varint.h"

namespace raft_cluster::internal {
namespace {

// Field numbers of proto/frame.proto.
constexpr uint32_t kFrameItems = WireTag(15, kBytes);
constexpr uint32_t kItemId = WireTag(1, kVarint);
constexpr uint32_t kItemBroadcast = WireTag(2, kVarint);
constexpr uint32_t kItemFragment = WireTag(3, kBytes);
constexpr uint32_t kItemMsg = WireTag(4, kBytes);
constexpr uint32_t kFragmentIndex = WireTag(1, kVarint);
constexpr uint32_t kFragmentCount = WireTag(2, kVarint);
constexpr uint32_t kFragmentTotal = WireTag(3, kVarint);
static_assert(kFrameItems < 0x80, "the item's tag is one byte");
static_assert(kItemMsg < 0x80, "those of its fields are");

constexpr ptrdiff_t kMaxFieldBytes = kMaxItemFieldBytes;

size_t FragmentSize(const Item& item) {
  return 3 + VarintSize(item.index) + VarintSize(item.count) +
         VarintSize(item.total_bytes);
}

bool ReadFragment(const char* in, const char* end, Item* item) {
  while (in != end) {
    uint64_t tag, value;
    in = GetVarint(in, end, &tag);
    if (in == nullptr) return false;
    if (tag != kFragmentIndex && tag != kFragmentCount &&
        tag != kFragmentTotal) {
      in = SkipField(tag, in, end);
      if (in == nullptr) return false;
      continue;
    }
    in = GetVarint(in, end, &value);
    if (in == nullptr) return false;
    if (tag == kFragmentTotal) {
      item->total_bytes = value;
      continue;
    }
    if (value > std::numeric_limits<uint32_t>::max()) return false;
    (tag == kFragmentIndex ? item->index : item->count) =
        static_cast<uint32_t>(value);
  }
  // Two at least, or it would have been sent whole.
  return item->count >= 2 && item->index < item->count;
}

// What most items are: an id, or none, and a msg. They are read when they come
// and when they are taken, so that it is worth a way of its own. False: it is
// something else, or nothing good.
bool ReadUsual(const char* in, const char* end, Item* item) {
  uint64_t size;
  if (in != end && *in == static_cast<char>(kItemId)) {
    in = GetVarint(in + 1, end, &item->id);
    if (in == nullptr) return false;
  }
  if (in == end || *in != static_cast<char>(kItemMsg)) return false;
  in = GetVarint(in + 1, end, &size);
  if (in == nullptr || size != static_cast<uint64_t>(end - in)) return false;
  item->msg = absl::string_view(in, size);
  return true;
}

}  // namespace

bool IsCutRight(const Item& item, uint64_t fragment_bytes) {
  // A fragment's place in the envelope follows from its index alone: so all
  // before it have to be of the full size, and the last of what is left.
  const uint64_t before = uint64_t{item.index} * fragment_bytes;
  const uint64_t before_last = (uint64_t{item.count} - 1) * fragment_bytes;
  if (item.total_bytes <= before_last ||
      item.total_bytes > before_last + fragment_bytes) {
    return false;
  }
  return item.msg.size() ==
         (item.ends_envelope() ? item.total_bytes - before : fragment_bytes);
}

char* PutItemPrefix(const Item& item, char* out) {
  size_t size = 1 + VarintSize(item.msg.size()) + item.msg.size();
  if (item.id != 0) size += 1 + VarintSize(item.id);
  if (item.broadcast) size += 2;
  if (!item.whole()) size += 2 + FragmentSize(item);
  *out++ = static_cast<char>(kFrameItems);
  out = PutVarint(out, size);
  if (item.id != 0) {
    *out++ = static_cast<char>(kItemId);
    out = PutVarint(out, item.id);
  }
  if (item.broadcast) {
    *out++ = static_cast<char>(kItemBroadcast);
    *out++ = 1;
  }
  if (!item.whole()) {
    *out++ = static_cast<char>(kItemFragment);
    out = PutVarint(out, FragmentSize(item));
    *out++ = static_cast<char>(kFragmentIndex);
    out = PutVarint(out, item.index);
    *out++ = static_cast<char>(kFragmentCount);
    out = PutVarint(out, item.count);
    *out++ = static_cast<char>(kFragmentTotal);
    out = PutVarint(out, item.total_bytes);
  }
  *out++ = static_cast<char>(kItemMsg);
  return PutVarint(out, item.msg.size());
}

void AppendItem(const Item& item, std::string* out) {
  char prefix[kMaxItemPrefixBytes];
  out->append(prefix,
              static_cast<size_t>(PutItemPrefix(item, prefix) - prefix));
  out->append(item.msg.data(), item.msg.size());
}

bool ItemReader::Next(Item* item) {
  if (!ok_) return false;
  if (in_ == end_) return tail_.empty() ? false : Fail();
  uint64_t tag, size;
  const char* in = GetVarint(in_, end_, &tag);
  if (in == nullptr || tag != kFrameItems) return Fail();
  in = GetVarint(in, end_, &size);
  if (in == nullptr) return Fail();
  const uint64_t here = static_cast<uint64_t>(end_ - in);
  *item = Item();
  if (tail_.empty()) {
    if (size > here) return Fail();
    in_ = in + size;
    if (ReadUsual(in, in_, item)) return true;
    *item = Item();
    return ReadFields(in, in_, {}, item) || Fail();
  }
  // All the rest is one item, or its msg would not be the tail: whoever keeps
  // the memory of the one part alive need not ask for that of the other.
  if (size != here + tail_.size()) return Fail();
  const absl::string_view tail = tail_;
  tail_ = absl::string_view();
  in_ = end_;
  return ReadFields(in, end_, tail, item) || Fail();
}

bool ItemReader::ReadFields(const char* in, const char* end,
                            absl::string_view tail, Item* item) {
  const char* const begin = in;
  while (in != end) {
    uint64_t tag, value;
    in = GetVarint(in, end, &tag);
    if (in == nullptr) return false;
    // What comes beside the msg is not counted in any budget, so it has a bound
    // of its own.
    if (tag != kItemMsg && in - begin > kMaxFieldBytes) return false;
    if (tag != kItemId && tag != kItemBroadcast && tag != kItemFragment &&
        tag != kItemMsg) {
      in = SkipField(tag, in, end);
      if (in == nullptr) return false;
      continue;
    }
    in = GetVarint(in, end, &value);
    if (in == nullptr) return false;
    switch (tag) {
      case kItemId:
        item->id = value;
        break;
      case kItemBroadcast:
        item->broadcast = value != 0;
        break;
      case kItemFragment:
        if (value > static_cast<uint64_t>(end - in) ||
            !ReadFragment(in, in + value, item)) {
          return false;
        }
        in += value;
        break;
      case kItemMsg:  // The last field: what is left is the msg.
        if (in - begin > kMaxFieldBytes) return false;
        item->msg = tail.empty()
                        ? absl::string_view(in, static_cast<size_t>(end - in))
                        : tail;
        return value == item->msg.size() && (tail.empty() || in == end);
    }
  }
  // An empty msg may be left out.
  return tail.empty() && end - begin <= kMaxFieldBytes;
}

}  // namespace raft_cluster::internal
