// What lets the protocol grow: fields of later versions are skipped, within
// bounds, and what a released version said is read for ever.
//
// golden/v1.txt has a frame a line: its name, its bytes, and what they say to
// the parser that protoc made. It is never changed; a later version adds a
// file.
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/testing_frames.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/event.pb.h"

namespace raft_cluster::internal {
namespace {

wire::Hello SomeHello() {
  wire::Hello hello;
  hello.set_version(1);
  hello.set_config_digest(0x1122334455667788);
  hello.set_window_bytes(64 << 20);
  hello.set_max_envelope_bytes(16 << 20);
  hello.set_heartbeat_us(200000);
  hello.set_failure_timeout_us(2000000);
  hello.set_max_version(1);
  hello.set_fragment_bytes(262144);
  hello.set_url("tcp://127.0.0.1:10001");
  return hello;
}

std::string ThreeItems() {
  std::string items;
  for (const char* msg : {"one", "", "three"}) {
    Item item;
    item.id = 7;
    item.msg = msg;
    AppendItem(item, &items);
  }
  return items;
}

// ---- Fields that are not known ----------------------------------------------

// The header of SomeHeader() as it is on the wire, with `more` behind it and
// `items` behind that.
Frame WithFields(const std::string& more, const std::string& items = "") {
  const Frame plain = EncodeFrame(SomeHeader());
  return Frame{Bytes::Own(std::string(plain.head.view()) + more + items),
               Bytes()};
}

ParseResult ParseUnchecked(const Frame& frame, ParsedFrame* parsed) {
  return ParseFrame(frame, /*verify_checksum=*/false, parsed);
}

// Fields of a later version, of each wire type that there is.
TEST(Frame, OfALaterVersionIsReadWithoutWhatIsNew) {
  const std::string varint("\xc8\x02\x96\x01", 4);  // 41
  const std::string fixed64(
      "\xd1\x02"
      "12345678",
      10);  // 42
  const std::string bytes(
      "\xda\x02\x03"
      "abc",
      6);  // 43
  const std::string fixed32(
      "\xe5\x02"
      "1234",
      6);  // 44
  ParsedFrame parsed;
  ASSERT_EQ(ParseUnchecked(
                WithFields(varint + fixed64 + bytes + fixed32, ThreeItems()),
                &parsed),
            ParseResult::kOk);
  EXPECT_EQ(parsed.item_count, 3u);
  EXPECT_EQ(parsed.header.from, SomeHeader().from);
  for (const std::string& broken :
       {std::string("\xc8\x02\xff"), fixed64.substr(0, 9), bytes.substr(0, 5),
        fixed32.substr(0, 5), std::string("\xcb\x02"),
        std::string("\xcc\x02")}) {  // Groups.
    EXPECT_EQ(ParseUnchecked(WithFields(broken), &parsed),
              ParseResult::kMalformed);
  }
}

TEST(Frame, WithAFieldTwiceIsMalformed) {
  ParsedFrame parsed;
  const std::string stamp("\x60\x01", 2);
  EXPECT_EQ(ParseUnchecked(WithFields(stamp), &parsed),
            ParseResult::kMalformed);
}

// A frame pins its head for as long as an item of it is in an inbox.
TEST(Frame, WithALongHeaderIsMalformed) {
  ParsedFrame parsed;
  const auto with = [&](size_t size) {
    std::string field("\xda\x02", 2);
    field += static_cast<char>(0x80 | (size & 0x7f));
    field += static_cast<char>(size >> 7);
    return ParseUnchecked(WithFields(field + std::string(size, 'x')), &parsed);
  };
  EXPECT_EQ(with(200), ParseResult::kOk);
  EXPECT_EQ(with(kMaxHeaderBytes), ParseResult::kMalformed);
}

TEST(Frame, WithAPaddedItemIsMalformed) {
  const auto with = [](size_t size) {
    std::string item("\x32", 1);  // Field 6.
    item += static_cast<char>(size) + std::string(size, 'x');
    item += std::string("\x22\x01m", 3);
    std::string items("\x7a", 1);
    items += static_cast<char>(0x80 | (item.size() & 0x7f));
    items += static_cast<char>(item.size() >> 7);
    ParsedFrame parsed;
    return ParseUnchecked(WithFields("", items + item), &parsed);
  };
  EXPECT_EQ(with(100), ParseResult::kOk);
  EXPECT_EQ(with(127), ParseResult::kMalformed);
}

TEST(Life, TravelsWithItsEpoch) {
  Header header = SomeHeader();
  header.src.epoch = 300;
  ParsedFrame parsed;
  ASSERT_EQ(ParseFrame(EncodeFrame(header), true, &parsed), ParseResult::kOk);
  EXPECT_EQ(parsed.header.src, header.src);
  EXPECT_EQ(parsed.header.dst.epoch, 0u);
  EXPECT_GT(parsed.header.src, SomeHeader().src);
  EXPECT_TRUE(parsed.header.src.SameProcess(SomeHeader().src));
  EXPECT_FALSE(parsed.header.src.NewerProcess(SomeHeader().src));
}

// ---- Other versions ---------------------------------------------------------

// A HELLO, or with `dst` an answer, whose hello has these bytes, with other
// fields before and behind that.
Frame HelloOf(const std::string& hello, const std::string& before = "",
              const std::string& behind = "") {
  Header header = SomeHeader();
  header.session = false;
  header.first = header.received = header.taken = header.credit = 0;
  header.stamp = header.echo = 0;
  std::string bytes(EncodeFrame(header).head.view());
  bytes += before + std::string("\x8a\x01", 2);
  bytes += static_cast<char>(0x80 | (hello.size() & 0x7f));
  bytes += static_cast<char>(hello.size() >> 7);
  return Frame{Bytes::Own(bytes + hello + behind), Bytes()};
}

std::string HelloOfVersion(uint32_t version) {
  wire::Hello hello = SomeHello();
  hello.set_version(version);
  hello.set_max_version(version);
  return hello.SerializeAsString();
}

// Field 41, of this many bytes.
std::string LongField(size_t size) {
  std::string field("\xca\x02", 2);
  field += static_cast<char>(0x80 | (size & 0x7f));
  field += static_cast<char>(size >> 7);
  return field + std::string(size, 'x');
}

// What a later version makes of the other fields is its own affair: all that is
// wrong with its frames is the version.
TEST(OtherVersion, IsJudgedBeforeFieldsThatLookBroken) {
  const std::string ask("\x70\x07", 2);
  const std::string twice("\x60\x01\x60\x02", 4);
  const std::string group("\xcb\x02\xcc\x02", 4);
  const std::string cut_items("\x7a\x7f", 2);
  const std::string broken_item("\x7a\x01\xff", 3);
  const struct {
    const char* name;
    std::string before, behind;
  } cases[] = {
      {"a flag that is more", ask, ""},
      {"the same behind the hello", "", ask},
      {"a field twice", twice, ""},
      {"a header without end", LongField(1500), ""},
      {"the same behind the hello", "", LongField(1500)},
      {"a group", "", group},
      {"items that are cut short", "", cut_items},
      {"an item that is broken", "", broken_item},
      {"items before the hello", broken_item, ""},
  };
  for (const auto& broken : cases) {
    ParsedFrame parsed;
    EXPECT_EQ(
        ParseUnchecked(HelloOf(HelloOfVersion(1), broken.before, broken.behind),
                       &parsed),
        ParseResult::kMalformed)
        << broken.name << ", of our version";
    ASSERT_EQ(
        ParseUnchecked(HelloOf(HelloOfVersion(2), broken.before, broken.behind),
                       &parsed),
        ParseResult::kOk)
        << broken.name;
    EXPECT_EQ(CommonVersion(*parsed.header.hello), 0u) << broken.name;
    EXPECT_EQ(parsed.header.hello->url(), SomeHello().url()) << broken.name;
    EXPECT_EQ(parsed.header.cluster, SomeHeader().cluster);
    EXPECT_EQ(parsed.header.from, SomeHeader().from);
    EXPECT_EQ(parsed.header.to, SomeHeader().to);
    EXPECT_EQ(parsed.header.src, SomeHeader().src);
    EXPECT_EQ(parsed.header.dst, SomeHeader().dst);
    EXPECT_EQ(parsed.item_count, 0u);
  }
}

TEST(OtherVersion, IsJudgedBeforeTheRestOfItsHello) {
  const std::string text_that_is_none("\x52\x02\xff\xfe", 4);  // The url.
  const std::string cut("\x1a\x7f", 2);
  for (const std::string& broken : {text_that_is_none, cut, LongField(1500)}) {
    ParsedFrame parsed;
    EXPECT_EQ(ParseUnchecked(HelloOf(HelloOfVersion(1) + broken), &parsed),
              ParseResult::kMalformed);
    ASSERT_EQ(ParseUnchecked(HelloOf(HelloOfVersion(2) + broken), &parsed),
              ParseResult::kOk);
    EXPECT_EQ(parsed.header.hello->version(), 2u);
    EXPECT_EQ(parsed.header.hello->max_version(), 2u);
    EXPECT_EQ(parsed.header.hello->url(), SomeHello().url());
  }
}

// These fields mean the same in every version.
TEST(OtherVersion, DoesNotExcuseWhatNoVersionChanges) {
  const std::string hello = HelloOfVersion(2);
  const std::string session("\x38\x02", 2);
  const std::string from("\x18\x02", 2);
  const std::string dst("\x32\x01\x09", 3);
  for (const std::string& broken : {session, from, dst}) {
    ParsedFrame parsed;
    EXPECT_EQ(ParseUnchecked(HelloOf(hello, broken), &parsed),
              ParseResult::kMalformed);
  }
  ParsedFrame parsed;
  Header nobody = SomeHeader();
  nobody.src = Life();
  nobody.hello = SomeHello();
  nobody.hello->set_version(2);
  EXPECT_EQ(ParseFrame(EncodeFrame(nobody), true, &parsed),
            ParseResult::kMalformed);
  EXPECT_EQ(ParseUnchecked(WithFields(std::string("\x70\x07", 2)), &parsed),
            ParseResult::kMalformed)
      << "without a hello it is of the session's version";
}

// ---- The schema -------------------------------------------------------------

std::string WithCommas(uint64_t number) {
  std::string text = absl::StrCat(number);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<size_t>(at), ",");
  }
  return text;
}

// Who implements the protocol from the schema alone goes by its numbers.
TEST(Schema, SaysTheNumbersThatTheCodeHas) {
  std::ifstream file("proto/wire/frame.proto");
  std::stringstream content;
  content << file.rdbuf();
  const std::string text =
      absl::StrReplaceAll(content.str(), {{"\n  // ", " "}, {"\n// ", " "}});
  for (const std::string& sentence :
       {absl::StrCat("sends large envelopes: ", WithCommas(kMinFragmentBytes),
                     " to ", WithCommas(kFragmentBytes), "."),
        absl::StrCat("may have in all is bounded (",
                     WithCommas(kMaxHeaderBytes), " bytes)"),
        absl::StrCat("beside its msg (", WithCommas(kMaxItemFieldBytes),
                     " bytes)"),
        absl::StrCat("costs its msg bytes + ", kEnvelopeOverhead)}) {
    EXPECT_NE(text.find(sentence), std::string::npos) << sentence;
  }
}

// ---- Frames of released versions --------------------------------------------

std::map<std::string, Frame> FramesOfThisVersion() {
  std::map<std::string, Frame> frames;
  Header hello;
  hello.cluster = 0xabcdef;
  hello.from = 1;
  hello.to = 2;
  hello.src = {1700000000000000, 42};
  hello.hello = SomeHello();
  frames["hello"] = EncodeFrame(hello);
  Header note = hello;
  note.hello->set_refused(Refusal::OTHER_ADDRESS);
  frames["note"] = EncodeFrame(note);
  Header answer = hello;
  answer.dst = {1700000000000001, 43};
  frames["answer"] = EncodeFrame(answer);
  frames["state"] = EncodeFrame(SomeHeader());
  Header leave = SomeHeader();
  leave.leave = leave.ask = true;
  leave.hello = SomeHello();
  frames["leave"] = EncodeFrame(leave);
  Header epoch = SomeHeader();
  epoch.src.epoch = 3;
  frames["epoch"] = EncodeFrame(epoch);
  frames["items"] = EncodeFrame(SomeHeader(), {}, Bytes::Own(ThreeItems()));
  Item fragment;
  fragment.id = 8;
  fragment.broadcast = true;
  fragment.index = 1;
  fragment.count = 2;
  fragment.total_bytes = 262144 + 5;
  fragment.msg = "large";
  std::string items;
  AppendItem(fragment, &items);
  frames["last_fragment"] =
      EncodeFrame(SomeHeader(), {}, Bytes::Own(std::move(items)));
  return frames;
}

struct Golden {
  std::string bytes;
  std::string text;
};

std::map<std::string, Golden> ReadGolden(const std::string& path) {
  std::map<std::string, Golden> golden;
  std::ifstream file(path);
  std::string name, bytes, text;
  while (file >> name >> bytes && std::getline(file, text)) {
    Golden& frame = golden[name];
    for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
      frame.bytes +=
          static_cast<char>(std::stoi(bytes.substr(i, 2), nullptr, 16));
    }
    frame.text = text.substr(1);
  }
  return golden;
}

std::string OnePiece(const Frame& frame) {
  return std::string(frame.head.view()) + std::string(frame.body.view());
}

std::string Hex(const std::string& bytes) {
  std::string hex;
  for (const char byte : bytes) {
    absl::StrAppend(&hex,
                    absl::Hex(static_cast<uint8_t>(byte), absl::kZeroPad2));
  }
  return hex;
}

TEST(Golden, FramesOfEachReleasedVersionAreRead) {
  const std::map<std::string, Golden> golden =
      ReadGolden("cluster/link/golden/v1.txt");
  EXPECT_EQ(golden.size(), 8u);
  for (const auto& [name, expected] : golden) {
    ParsedFrame parsed;
    EXPECT_EQ(ParseFrame(Frame{Bytes::Own(expected.bytes), Bytes()},
                         /*verify_checksum=*/true, &parsed),
              ParseResult::kOk)
        << name;
    wire::Frame frame;
    ASSERT_TRUE(frame.ParseFromString(expected.bytes)) << name;
    EXPECT_EQ(frame.ShortDebugString(), expected.text) << name;
    EXPECT_EQ(parsed.item_count, static_cast<uint64_t>(frame.items_size()));
    EXPECT_EQ(parsed.header.src.epoch, frame.src().epoch());
    EXPECT_EQ(parsed.header.received, frame.received());
  }
}

TEST(Golden, FramesOfThisVersionAreWhatIsWritten) {
  ASSERT_EQ(kNewestVersion, 1u) << "add a file for the new version";
  const std::map<std::string, Golden> golden =
      ReadGolden("cluster/link/golden/v1.txt");
  for (const auto& [name, frame] : FramesOfThisVersion()) {
    const std::string bytes = OnePiece(frame);
    wire::Frame proto;
    ASSERT_TRUE(proto.ParseFromString(bytes));
    const auto found = golden.find(name);
    EXPECT_TRUE(found != golden.end())
        << name << " " << Hex(bytes) << " " << proto.ShortDebugString();
    if (found == golden.end()) continue;
    EXPECT_EQ(Hex(bytes), Hex(found->second.bytes)) << name;
  }
}

}  // namespace
}  // namespace raft_cluster::internal
