// Held against the parser that protoc made of proto/frame.proto.
#include "raft/cluster/link/wire.h"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/testing_frames.h"

namespace raft_cluster::internal {
namespace {

const std::vector<uint64_t> kEdges = {
    0, 1, 127, 128, 16383, 16384, 0xffffffff, 1ull << 32, 1ull << 61};

wire::Hello SomeHello() {
  wire::Hello hello;
  hello.set_version(kNewestVersion);
  hello.set_config_digest(0x1122334455667788);
  hello.set_window_bytes(64 << 20);
  hello.set_max_envelope_bytes(16 << 20);
  hello.set_heartbeat_us(200000);
  hello.set_failure_timeout_us(2000000);
  return hello;
}

Header RandomHeader(std::mt19937_64& random) {
  const auto edge = [&] { return kEdges[random() % kEdges.size()]; };
  Header header;
  header.cluster = random();
  header.from = 1 + static_cast<Pid>(random() % INT32_MAX);
  header.to = random() % 2 == 0 ? INT32_MAX : 1;
  header.src = {random(), random()};
  header.session = random() % 3 != 0;
  if (header.session || random() % 2 == 0) header.dst = {edge(), 1 + edge()};
  header.first = 1 + edge();
  header.taken = edge();
  header.received = header.taken + edge();
  header.credit = random() % 9 == 0 ? UINT64_MAX : edge();
  header.stamp = edge();
  header.echo = edge();
  header.ask = random() % 2 == 0;
  header.leave = random() % 2 == 0;
  if (random() % 2 == 0) header.hello = SomeHello();
  return header;
}

std::string OnePiece(const Frame& frame) {
  return std::string(frame.head.view()) + std::string(frame.body.view());
}

// A copy that ends where its memory ends, for what reads too far.
Bytes Exactly(absl::string_view bytes) {
  auto copy = std::make_shared<std::vector<char>>(bytes.begin(), bytes.end());
  return Bytes(copy, absl::string_view(copy->data(), copy->size()));
}

ParseResult Parse(absl::string_view head, absl::string_view body = {},
                  bool verify = true, ParsedFrame* parsed = nullptr) {
  ParsedFrame ignored;
  return ParseFrame(Frame{Exactly(head), Exactly(body)}, verify,
                    parsed == nullptr ? &ignored : parsed);
}

std::string Str(const Header& header) { return OnePiece(EncodeFrame(header)); }

void ExpectSame(const Header& header, const wire::Frame& proto) {
  EXPECT_EQ(header.cluster, proto.cluster());
  EXPECT_EQ(header.from, proto.from());
  EXPECT_EQ(header.to, proto.to());
  EXPECT_EQ(header.src.start_us, proto.src().start_us());
  EXPECT_EQ(header.src.random, proto.src().random());
  EXPECT_EQ(header.dst.start_us, proto.dst().start_us());
  EXPECT_EQ(header.dst.random, proto.dst().random());
  EXPECT_EQ(header.session, proto.session());
  EXPECT_EQ(header.first, proto.first());
  EXPECT_EQ(header.received, proto.received());
  EXPECT_EQ(header.taken, proto.taken());
  EXPECT_EQ(header.credit, proto.credit());
  EXPECT_EQ(header.stamp, proto.stamp());
  EXPECT_EQ(header.echo, proto.echo());
  EXPECT_EQ(header.ask, proto.ask());
  EXPECT_EQ(header.leave, proto.leave());
  ASSERT_EQ(header.hello.has_value(), proto.has_hello());
  if (!header.hello.has_value()) return;
  EXPECT_EQ(header.hello->SerializeAsString(),
            proto.hello().SerializeAsString());
}

TEST(Frame, AtEveryEdgeIsWhatTheGeneratedParserReads) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const Header header = RandomHeader(random);
    const std::string bytes = Str(header);
    wire::Frame proto;
    ASSERT_TRUE(proto.ParseFromString(bytes));
    ExpectSame(header, proto);
    ParsedFrame parsed;
    ASSERT_EQ(Parse(bytes, {}, true, &parsed), ParseResult::kOk) << round;
    ExpectSame(parsed.header, proto);
    EXPECT_EQ(parsed.item_count, 0u);
  }
}

// A few small items, as a chunk of a queue has them.
std::string ThreeItems() {
  std::string items;
  AppendItem({1, false, "one"}, &items);
  AppendItem({2, true, ""}, &items);
  AppendItem({3, false, "three"}, &items);
  return items;
}

void ExpectThreeItems(const ParsedFrame& parsed) {
  EXPECT_EQ(parsed.item_count, 3u);
  EXPECT_EQ(parsed.cost, 3 * kEnvelopeOverhead + 8);
  EXPECT_EQ(parsed.largest, 5u);
  EXPECT_FALSE(parsed.fragments);
  EXPECT_TRUE(parsed.items.view() == ThreeItems());
  EXPECT_TRUE(parsed.tail.empty());
}

TEST(Frame, WithItemsAsItsBodyArrivesInTwoPartsOrInOne) {
  const Frame frame = EncodeFrame(SomeHeader(), {}, Bytes::Own(ThreeItems()));
  EXPECT_TRUE(frame.body.view() == ThreeItems());
  for (const Frame& arrived :
       {frame, Frame{Bytes::Own(OnePiece(frame)), Bytes()}}) {
    ParsedFrame parsed;
    ASSERT_EQ(ParseFrame(arrived, true, &parsed), ParseResult::kOk);
    ExpectThreeItems(parsed);
  }
  wire::Frame proto;
  ASSERT_TRUE(proto.ParseFromString(OnePiece(frame)));
  ExpectSame(SomeHeader(), proto);
  EXPECT_EQ(proto.items_size(), 3);
}

TEST(Frame, WithAMsgAsItsBodyArrivesInTwoPartsOrInOne) {
  Item item{7, true, ""};
  const std::string msg(kFragmentBytes, 'm');
  item.msg = msg;
  char prefix[kMaxItemPrefixBytes];
  const absl::string_view head(
      prefix, static_cast<size_t>(PutItemPrefix(item, prefix) - prefix));
  const Frame frame = EncodeFrame(SomeHeader(), head, Bytes(nullptr, msg));
  EXPECT_EQ(frame.body.view().data(), msg.data()) << "is referenced";
  for (const Frame& arrived :
       {frame, Frame{Bytes::Own(OnePiece(frame)), Bytes()}}) {
    ParsedFrame parsed;
    ASSERT_EQ(ParseFrame(arrived, true, &parsed), ParseResult::kOk);
    EXPECT_EQ(parsed.item_count, 1u);
    EXPECT_EQ(parsed.cost, item.cost());
    EXPECT_EQ(parsed.largest, kFragmentBytes);
    ItemReader reader(parsed.items.view(), parsed.tail.view());
    Item read;
    ASSERT_TRUE(reader.Next(&read));
    EXPECT_EQ(read.id, 7u);
    EXPECT_TRUE(read.msg == msg);
  }
  wire::Frame proto;
  ASSERT_TRUE(proto.ParseFromString(OnePiece(frame)));
  EXPECT_EQ(proto.items(0).msg(), msg);
}

TEST(Frame, ParsedIntoAUsedObjectLeavesNothingOfTheFormer) {
  const std::string items = ThreeItems();
  ParsedFrame parsed;
  Header header = SomeHeader();
  header.leave = header.ask = true;
  header.hello = SomeHello();
  const Frame first = EncodeFrame(header, {}, Bytes::Own(items));
  ASSERT_EQ(ParseFrame(first, true, &parsed), ParseResult::kOk);
  ASSERT_EQ(ParseFrame(EncodeFrame(SomeHeader()), true, &parsed),
            ParseResult::kOk);
  EXPECT_EQ(parsed.item_count, 0u);
  EXPECT_EQ(parsed.cost, 0u);
  EXPECT_FALSE(parsed.header.leave);
  EXPECT_FALSE(parsed.header.hello.has_value());
}

TEST(Checksum, FindsEveryFlippedBit) {
  Header header = SomeHeader();
  header.hello = SomeHello();
  const Frame frame = EncodeFrame(header, {}, Bytes::Own(ThreeItems()));
  const size_t split = frame.head.size();
  const std::string good = OnePiece(frame);
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Parse(bad), ParseResult::kOk) << bit;
    EXPECT_NE(Parse(bad.substr(0, split), bad.substr(split)), ParseResult::kOk)
        << bit;
    if (bit >= 8) {  // Behind the checksum's tag.
      EXPECT_EQ(Parse(bad), ParseResult::kChecksum) << bit;
    }
  }
}

TEST(Checksum, IsTheSameHoweverTheBytesAreSplit) {
  for (size_t size = 1; size < 3000; size += 7) {
    std::string item;
    AppendItem({1, false, std::string(size, 'm')}, &item);
    const Frame frame =
        EncodeFrame(SomeHeader(), {}, Bytes::Own(std::move(item)));
    const std::string all = OnePiece(frame);
    EXPECT_EQ(Parse(all), ParseResult::kOk) << size;
    EXPECT_EQ(
        Parse(std::string(frame.head.view()), std::string(frame.body.view())),
        ParseResult::kOk)
        << size;
  }
}

TEST(Checksum, IsNotLookedAtWhereTheTransportProvesIntegrity) {
  std::string bytes = Str(SomeHeader());
  bytes[1] = static_cast<char>(~bytes[1]);
  EXPECT_EQ(Parse(bytes, {}, true), ParseResult::kChecksum);
  EXPECT_EQ(Parse(bytes, {}, false), ParseResult::kOk);
}

TEST(Frame, CutShortIsNeverOk) {
  Header header = SomeHeader();
  header.hello = SomeHello();
  const Frame frame = EncodeFrame(header, {}, Bytes::Own(ThreeItems()));
  const std::string all = OnePiece(frame);
  const absl::string_view head = frame.head.view();
  for (size_t cut = 0; cut < all.size(); ++cut) {
    EXPECT_NE(Parse(all.substr(0, cut)), ParseResult::kOk) << cut;
  }
  // Without the checksum, what is left may be a frame with less in it, but
  // nothing may be read beyond its end.
  for (size_t cut = 0; cut < head.size(); ++cut) {
    Parse(head.substr(0, cut), {}, false);
    Parse(head.substr(0, cut), frame.body.view(), false);
  }
  for (size_t cut = 0; cut < frame.body.size(); ++cut) {
    Parse(head, frame.body.view().substr(0, cut), false);
  }
}

TEST(Frame, DamagedInAnyWayIsReadWithinItsBounds) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 20000; ++round) {
    const Frame frame =
        EncodeFrame(RandomHeader(random), {},
                    round % 2 ? Bytes::Own(ThreeItems()) : Bytes());
    std::string bytes = OnePiece(frame);
    for (uint64_t n = 1 + random() % 3; n > 0; --n) {
      const size_t at = 5 + random() % (bytes.size() - 5);
      bytes[at] = static_cast<char>(random());
    }
    const size_t split = round % 3 ? bytes.size() : random() % bytes.size();
    ParsedFrame parsed;
    if (Parse(bytes.substr(0, split), bytes.substr(split), false, &parsed) !=
        ParseResult::kOk) {
      continue;
    }
    EXPECT_TRUE(parsed.header.src);
    if (parsed.header.hello.has_value() &&
        CommonVersion(*parsed.header.hello) == 0) {
      continue;  // Nothing else of it is looked at.
    }
    EXPECT_GT(parsed.header.from, 0);
    EXPECT_GT(parsed.header.to, 0);
    EXPECT_LE(parsed.header.taken,
              parsed.header.session ? parsed.header.received : UINT64_MAX);
  }
}

TEST(Frame, ThatContradictsItselfIsMalformed) {
  const auto with = [](const std::function<void(Header&)>& change) {
    Header header = SomeHeader();
    change(header);
    return Parse(Str(header));
  };
  EXPECT_EQ(with([](Header&) {}), ParseResult::kOk);
  EXPECT_EQ(with([](Header& h) { h.src = Life(); }), ParseResult::kMalformed);
  EXPECT_EQ(with([](Header& h) { h.dst = Life(); }), ParseResult::kMalformed)
      << "a session with nobody";
  EXPECT_EQ(with([](Header& h) { h.from = 0; }), ParseResult::kMalformed);
  EXPECT_EQ(with([](Header& h) { h.from = -1; }), ParseResult::kMalformed);
  EXPECT_EQ(with([](Header& h) { h.to = -7; }), ParseResult::kMalformed);
  EXPECT_EQ(with([](Header& h) { h.first = 0; }), ParseResult::kMalformed);
  EXPECT_EQ(with([](Header& h) { h.first = UINT64_MAX; }),
            ParseResult::kMalformed)
      << "numbers never wrap";
  EXPECT_EQ(with([](Header& h) { h.taken = h.received + 1; }),
            ParseResult::kMalformed);
}

TEST(Frame, OfTheHandshakeHasNoItems) {
  Header header = SomeHeader();
  header.session = false;
  EXPECT_EQ(Parse(Str(header)), ParseResult::kOk);
  const Frame frame = EncodeFrame(header, {}, Bytes::Own(ThreeItems()));
  EXPECT_EQ(Parse(OnePiece(frame)), ParseResult::kMalformed);
}

TEST(Frame, WithAFragmentOfTheWrongSizeIsMalformed) {
  const auto with = [](uint32_t index, uint32_t count, uint64_t total,
                       size_t size) {
    const std::string msg(size, 'm');
    Item item;
    item.msg = msg;
    item.index = index;
    item.count = count;
    item.total_bytes = total;
    std::string items;
    AppendItem(item, &items);
    return Parse(OnePiece(EncodeFrame(SomeHeader(), {}, Bytes::Own(items))));
  };
  constexpr size_t kFull = kLargestFragmentBytes;
  EXPECT_EQ(with(0, 2, kFull + 1, kFull), ParseResult::kOk);
  EXPECT_EQ(with(0, 0, 0, kFull), ParseResult::kOk);
  EXPECT_EQ(with(0, 0, 0, kFull + 1), ParseResult::kMalformed)
      << "has to come in fragments";
  EXPECT_EQ(with(0, 2, 2 * kFull, kFull + 1), ParseResult::kMalformed);
}

TEST(Head, WithEveryFieldAtItsLongestKeepsWithinItsBound) {
  Header header;
  header.cluster = UINT64_MAX;
  header.from = header.to = INT32_MAX;
  header.src = header.dst = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
  header.session = header.ask = header.leave = true;
  header.first = header.received = header.taken = header.credit = header.stamp =
      header.echo = UINT64_MAX;
  header.hello.emplace();
  header.hello->set_version(UINT32_MAX);
  header.hello->set_config_digest(UINT64_MAX);
  header.hello->set_window_bytes(UINT64_MAX);
  header.hello->set_max_envelope_bytes(UINT64_MAX);
  header.hello->set_heartbeat_us(UINT64_MAX);
  header.hello->set_failure_timeout_us(UINT64_MAX);
  header.hello->set_max_version(UINT32_MAX);
  header.hello->set_features(UINT64_MAX);
  header.hello->set_fragment_bytes(UINT64_MAX);
  header.hello->set_large_fragment_bytes(UINT64_MAX);
  const std::string prefix(kMaxItemPrefixBytes, 'p');
  EXPECT_LE(EncodeFrame(header, prefix).head.size(), kMaxHeadBytes);
}

}  // namespace
}  // namespace raft_cluster::internal
