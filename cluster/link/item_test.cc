// Held against the parser that protoc made of proto/frame.proto.
#include "raft/cluster/link/item.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/proto/wire/frame.pb.h"

namespace raft_cluster::internal {
namespace {

// Where a length or a varint grows by a byte, and where a fragment ends.
const std::vector<size_t> kSizes = {0,     1,     2,     127,           128,
                                    16383, 16384, 65535, kFragmentBytes};
const std::vector<uint64_t> kIds = {
    0,          1,          127,        128,        1 << 14,   1 << 21,
    0xffffffff, 1ull << 32, 1ull << 56, 1ull << 63, UINT64_MAX};

const std::string& Msg() {
  static const auto* const msg = [] {
    auto* bytes = new std::string(kFragmentBytes, '\0');
    std::mt19937_64 random(7);
    for (char& c : *bytes) c = static_cast<char>(random());
    return bytes;
  }();
  return *msg;
}

Item RandomItem(std::mt19937_64& random) {
  Item item;
  item.id = kIds[random() % kIds.size()];
  item.broadcast = random() % 2 == 0;
  const size_t size =
      random() % 4 == 0 ? kSizes[random() % kSizes.size()] : random() % 40;
  item.msg = absl::string_view(Msg()).substr(random() % 100, size);
  if (random() % 3 == 0) {
    item.count = 2 + static_cast<uint32_t>(random() % 20000);
    item.index = static_cast<uint32_t>(random() % item.count);
    item.total_bytes = random() % (uint64_t{1} << (1 + random() % 40));
  }
  return item;
}

void ExpectSame(const Item& item, const wire::Item& proto) {
  EXPECT_EQ(item.id, proto.id());
  EXPECT_EQ(item.broadcast, proto.broadcast());
  EXPECT_TRUE(item.msg == proto.msg());
  EXPECT_EQ(item.whole(), !proto.has_fragment());
  EXPECT_EQ(item.index, proto.fragment().index());
  EXPECT_EQ(item.count, proto.fragment().count());
  EXPECT_EQ(item.total_bytes, proto.fragment().total_bytes());
}

void ExpectSame(const Item& a, const Item& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.broadcast, b.broadcast);
  EXPECT_TRUE(a.msg == b.msg);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.total_bytes, b.total_bytes);
}

std::string Encode(const Item& item) {
  std::string bytes;
  AppendItem(item, &bytes);
  return bytes;
}

// Reads a copy that ends where its memory ends, so that a sanitizer sees it if
// more is read. True: all of it was well-formed.
bool Read(absl::string_view items, absl::string_view tail = {},
          std::vector<wire::Item>* result = nullptr) {
  const std::vector<char> bytes(items.begin(), items.end());
  const std::vector<char> rest(tail.begin(), tail.end());
  ItemReader reader(absl::string_view(bytes.data(), bytes.size()),
                    absl::string_view(rest.data(), rest.size()));
  for (Item item; reader.Next(&item);) {
    if (result == nullptr) continue;
    wire::Item& proto = result->emplace_back();
    proto.set_id(item.id);
    proto.set_broadcast(item.broadcast);
    proto.set_msg(std::string(item.msg));
    if (item.whole()) continue;
    proto.mutable_fragment()->set_index(item.index);
    proto.mutable_fragment()->set_count(item.count);
    proto.mutable_fragment()->set_total_bytes(item.total_bytes);
  }
  return reader.ok();
}

TEST(Item, AtEveryEdgeIsWhatTheGeneratedParserReads) {
  for (const size_t size : kSizes) {
    for (const uint64_t id : kIds) {
      for (const bool broadcast : {false, true}) {
        Item item;
        item.id = id;
        item.broadcast = broadcast;
        item.msg = absl::string_view(Msg()).substr(0, size);
        const std::string bytes = Encode(item);
        ASSERT_LE(bytes.size() - size, kMaxItemPrefixBytes);
        wire::Frame frame;
        ASSERT_TRUE(frame.ParseFromString(bytes));
        ASSERT_EQ(frame.items_size(), 1);
        ExpectSame(item, frame.items(0));
        ItemReader reader(bytes);
        Item read;
        ASSERT_TRUE(reader.Next(&read));
        ExpectSame(read, item);
        EXPECT_FALSE(reader.Next(&read));
        EXPECT_TRUE(reader.ok());
      }
    }
  }
}

TEST(Item, AtItsLongestFitsTheRoomThatIsPromisedForItsPrefix) {
  Item item;
  item.id = UINT64_MAX;
  item.broadcast = true;
  item.msg = absl::string_view(Msg().data(), SIZE_MAX / 2);  // Not read.
  item.count = UINT32_MAX;
  item.index = UINT32_MAX - 1;
  item.total_bytes = UINT64_MAX;
  char prefix[kMaxItemPrefixBytes];
  EXPECT_LE(PutItemPrefix(item, prefix), prefix + sizeof(prefix));
}

TEST(Items, InARowAreWhatTheGeneratedParserReads) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<Item> items(random() % 10);
    std::string bytes;
    for (Item& item : items) AppendItem(item = RandomItem(random), &bytes);
    wire::Frame frame;
    ASSERT_TRUE(frame.ParseFromString(bytes));
    ASSERT_EQ(static_cast<size_t>(frame.items_size()), items.size());
    ItemReader reader(bytes);
    size_t done = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      ExpectSame(items[i], frame.items(static_cast<int>(i)));
      Item read;
      ASSERT_TRUE(reader.Next(&read));
      ExpectSame(read, items[i]);
      done += Encode(items[i]).size();
      EXPECT_EQ(reader.rest().size(), bytes.size() - done);
    }
    Item read;
    EXPECT_FALSE(reader.Next(&read));
    EXPECT_TRUE(reader.ok());
  }
}

TEST(Item, CutShortIsMalformed) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    const std::string bytes = Encode(RandomItem(random));
    for (size_t cut = 1; cut < bytes.size();
         cut += cut < 100 || bytes.size() - cut < 10 ? 1 : 997) {
      EXPECT_FALSE(Read(absl::string_view(bytes).substr(0, cut)))
          << "at " << cut << " of " << bytes.size();
    }
  }
}

TEST(Item, WhoseMsgIsTheSecondPartIsReadTheSame) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    const Item item = RandomItem(random);
    if (item.msg.empty()) continue;
    char prefix[kMaxItemPrefixBytes];
    const absl::string_view head(
        prefix, static_cast<size_t>(PutItemPrefix(item, prefix) - prefix));
    ItemReader reader(head, item.msg);
    Item read;
    ASSERT_TRUE(reader.Next(&read));
    ExpectSame(read, item);
    EXPECT_FALSE(reader.Next(&read));
    EXPECT_TRUE(reader.ok());

    EXPECT_FALSE(Read(head, item.msg.substr(1)));
    EXPECT_FALSE(Read(head, std::string(item.msg) + "x"));
    for (size_t cut = 0; cut < head.size() && item.msg.size() < 1000; ++cut) {
      EXPECT_FALSE(Read(head.substr(0, cut), item.msg)) << cut;
    }
  }
}

// The memory of an item's msg is kept alive by one owner: that of the first
// part, or of the second.
TEST(SecondPart, IsTheMsgOfTheOnlyItemOrMalformed) {
  const Item item{7, false, "hello"};
  char prefix[kMaxItemPrefixBytes];
  const std::string head(prefix, PutItemPrefix(item, prefix));
  EXPECT_TRUE(Read(head, "hello"));
  EXPECT_FALSE(Read(Encode(item), "hello")) << "belongs to no item";
  EXPECT_FALSE(Read(Encode(item) + head, "hello")) << "of a second item";
  // Its size says that all of it is in the first part; its msg's says no.
  const std::string liar = std::string("\x7a\x02\x22\x05", 4);
  EXPECT_FALSE(Read(liar, "hello"));
  EXPECT_FALSE(Read(liar + liar, "hello"));
  EXPECT_FALSE(Read("", "hello"));
  // The item goes on behind its msg, or has none.
  EXPECT_FALSE(Read(std::string("\x7a\x08\x22\x01x", 5), "hello"));
  EXPECT_FALSE(Read(std::string("\x7a\x07\x08\x07", 4), "hello"));
}

TEST(Item, WithAFieldOutOfRangeIsMalformed) {
  const auto read = [](const wire::Item& item) {
    wire::Frame frame;
    *frame.add_items() = item;
    return Read(frame.SerializeAsString());
  };
  wire::Item item;
  item.set_msg("m");
  EXPECT_TRUE(read(item));
  item.mutable_fragment()->set_count(2);
  EXPECT_TRUE(read(item));
  item.mutable_fragment()->set_index(2);
  EXPECT_FALSE(read(item)) << "index of another envelope";
  item.mutable_fragment()->set_index(0);
  item.mutable_fragment()->set_count(1);
  EXPECT_FALSE(read(item)) << "a fragment that is all of it";
  item.mutable_fragment()->set_count(0);
  EXPECT_FALSE(read(item)) << "a fragment of nothing";
  const std::string unknown("\x7a\x05\x28\x01\x22\x01m", 7);  // Field 5.
  EXPECT_TRUE(Read(unknown)) << "of a later version";
  const std::string group("\x7a\x04\x2b\x22\x01m", 6);
  EXPECT_FALSE(Read(group));
  EXPECT_FALSE(Read(std::string("\x72\x00", 2))) << "another field of Frame";
}

// Whatever the bytes are: what is accepted means to the generated parser what
// it means to ours, and nothing outside of them is touched.
TEST(Items, DamagedAreRefusedOrMeanTheSameToTheGeneratedParser) {
  std::mt19937_64 random(6);
  int accepted = 0;
  for (int round = 0; round < 30000; ++round) {
    std::string bytes;
    for (uint64_t n = 1 + random() % 3; n > 0; --n) {
      Item item = RandomItem(random);
      item.msg = item.msg.substr(0, 30);
      AppendItem(item, &bytes);
    }
    for (uint64_t n = 1 + random() % 3; n > 0 && !bytes.empty(); --n) {
      const size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 1:
          bytes.erase(at, 1 + random() % 3);
          break;
        default:
          bytes.insert(at, 1, static_cast<char>(random()));
      }
    }
    std::vector<wire::Item> read;
    if (!Read(bytes, {}, &read)) continue;
    ++accepted;
    wire::Frame frame;
    ASSERT_TRUE(frame.ParseFromString(bytes)) << round;
    frame.DiscardUnknownFields();
    ASSERT_EQ(static_cast<size_t>(frame.items_size()), read.size()) << round;
    for (size_t i = 0; i < read.size(); ++i) {
      EXPECT_EQ(read[i].SerializeAsString(),
                frame.items(static_cast<int>(i)).SerializeAsString())
          << round;
    }
  }
  EXPECT_GT(accepted, 1000);  // Else this has tried nothing.
}

}  // namespace
}  // namespace raft_cluster::internal
