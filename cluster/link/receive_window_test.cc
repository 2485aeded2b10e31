// Held against a plain account of what came, what was granted and what was
// taken.
#include "raft/cluster/link/receive_window.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kWindow = 1600000;
constexpr uint64_t kMaxEnvelope = 800000;

std::string Msg(uint64_t id, size_t size) {
  std::string msg(size, static_cast<char>('a' + id % 26));
  if (size >= 8) msg.replace(0, 8, std::to_string(10000000 + id));
  return msg;
}

// One session's stream, as its sender numbers and counts it.
class Stream {
 public:
  void Add(uint64_t id, size_t size) {
    const std::string& msg = msgs_.emplace_back(Msg(id, size));
    const size_t pieces = (size + kFragmentBytes - 1) / kFragmentBytes;
    for (size_t i = 0; i < std::max<size_t>(pieces, 1); ++i) {
      Item item;
      if (i == 0) item.id = id;
      item.msg =
          absl::string_view(msg).substr(i * kFragmentBytes, kFragmentBytes);
      if (pieces > 1) {
        item.index = static_cast<uint32_t>(i);
        item.count = static_cast<uint32_t>(pieces);
        item.total_bytes = size;
      }
      items_.push_back(item);
      positions_.push_back(positions_.back() + item.cost());
    }
  }

  uint64_t end() const { return items_.size(); }
  // Of all items up to this one.
  uint64_t position(uint64_t number) const { return positions_[number]; }
  const Item& item(uint64_t number) const { return items_[number - 1]; }
  const std::deque<std::string>& msgs() const { return msgs_; }

  // A frame of `count` items from `first` on, at most to the end.
  ParsedFrame Frame(uint64_t first, uint64_t count = 1) const {
    Header header;
    header.from = 1;
    header.to = 2;
    header.src = header.dst = {1, 1};
    header.session = true;
    header.first = first;
    std::string items;
    for (uint64_t i = first; i < first + count && i <= end(); ++i) {
      AppendItem(item(i), &items);
    }
    ParsedFrame parsed;
    EXPECT_EQ(
        ParseFrame(EncodeFrame(header, {}, Bytes::Own(items)), true, &parsed),
        ParseResult::kOk);
    return parsed;
  }

 private:
  std::deque<std::string> msgs_;
  std::vector<Item> items_;
  std::vector<uint64_t> positions_ = {0};
};

struct Got {
  uint64_t session, id, items, cost;
  std::string msg;
};

std::vector<Got> Open(const ItemRun& run) {
  std::vector<Got> got;
  if (run.single) {
    got.push_back({run.session, run.id, run.items,
                   run.bytes.size() + kEnvelopeOverhead,
                   std::string(run.bytes.view())});
  } else {
    ItemReader reader(run.bytes.view());
    for (Item item; reader.Next(&item);) {
      got.push_back(
          {run.session, item.id, 1, item.cost(), std::string(item.msg)});
    }
    EXPECT_TRUE(reader.ok());
  }
  EXPECT_EQ(run.envelopes, got.size());
  return got;
}

// A window, and an application that takes from it first come, first served.
class Reader {
 public:
  explicit Reader(uint64_t window = kWindow, uint64_t max = kMaxEnvelope)
      : window_(window, max), size_(window) {
    StartSession();
  }

  void StartSession() {
    window_.StartSession(kFragmentBytes);
    delivered_ = 0;
    taken_position_ = 0;
    grant_ = window_.grant();
    Check();
  }

  ReceiveWindow::Verdict Receive(const ParsedFrame& frame) {
    std::vector<ItemRun> runs;
    const ReceiveWindow::Verdict verdict =
        window_.Receive(frame, /*now=*/0, &runs);
    for (const ItemRun& run : runs) {
      for (Got& got : Open(run)) {
        ++delivered_;
        got_.push_back(got);
        inbox_.push_back(std::move(got));
      }
    }
    Check();
    return verdict;
  }

  void Take() {
    const Got got = inbox_.front();
    inbox_.pop_front();
    window_.Take({got.session, 1, got.items, got.cost}, /*now=*/0);
    if (got.session == window_.session()) taken_position_ += got.cost;
    Check();
  }

  // S7, and: the grant never falls.
  void Check() {
    uint64_t inbox = 0, old = 0;
    for (const Got& got : inbox_) {
      inbox += got.cost;
      if (got.session != window_.session()) old += got.cost;
    }
    EXPECT_EQ(window_.inbox_cost(), inbox);
    EXPECT_GE(window_.grant(), grant_);
    grant_ = window_.grant();
    EXPECT_LE(window_.grant() + old, taken_position_ + size_);
    EXPECT_LE(inbox, size_);
    EXPECT_LE(window_.taken(), window_.received());
  }

  ReceiveWindow window_;
  const uint64_t size_;
  std::vector<Got> got_;
  std::deque<Got> inbox_;
  uint64_t delivered_ = 0;  // In this session.
  uint64_t taken_position_ = 0;
  uint64_t grant_ = 0;
};

class LossyNetwork : public testing::TestWithParam<int> {};

// A sender that keeps to the grant, a network that loses, doubles and turns
// around, sessions that end at any time: what comes out is the stream, and
// received() is what has come without a gap.
TEST_P(LossyNetwork, DeliversEachStreamInOrderOnce) {
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  Reader reader;
  uint64_t id = 0, expected_from = 0;
  for (int session = 0; session < 4; ++session) {
    if (session > 0) reader.StartSession();
    expected_from = reader.got_.size();
    Stream stream;
    while (stream.end() < 300) {
      stream.Add(++id,
                 random() % 8 == 0 ? random() % kMaxEnvelope : random() % 3000);
    }
    // Frames as they were cut once and for all: first number -> items.
    std::map<uint64_t, uint64_t> frames;
    uint64_t cut = 0, lost_until = 0;
    std::map<uint64_t, uint64_t> here;  // What the window must have.
    for (int step = 0; step < 1500; ++step) {
      const uint64_t dice = random() % 10;
      if (dice < 3 && cut < stream.end()) {
        uint64_t count = stream.item(cut + 1).whole() ? 1 + random() % 9 : 1;
        for (uint64_t i = 2; i <= count; ++i) {
          if (cut + i > stream.end() || !stream.item(cut + i).whole()) {
            count = i - 1;
          }
        }
        if (stream.position(cut + count) <= reader.window_.grant()) {
          frames[cut + 1] = count;
          cut += count;
        }
      } else if (dice < 8 && !frames.empty()) {
        // Any frame at any time; the oldest that is missing now and then.
        auto frame = frames.begin();
        if (random() % 4 != 0) {
          std::advance(frame, static_cast<int64_t>(random() % frames.size()));
        } else {
          frame = frames.upper_bound(lost_until);
          if (frame == frames.end()) frame = frames.begin();
        }
        const uint64_t before = reader.window_.received();
        const bool repeat = here.count(frame->first) > 0;
        here[frame->first] = frame->second;
        while (here.count(lost_until + 1) > 0)
          lost_until += here[lost_until + 1];
        const auto verdict =
            reader.Receive(stream.Frame(frame->first, frame->second));
        ASSERT_EQ(reader.window_.received(), lost_until);
        ASSERT_EQ(verdict.moved, lost_until > before);
        ASSERT_EQ(verdict.repeat, repeat);
        if (frame->first + frame->second > before + 1) {
          ASSERT_EQ(verdict.gap, here.rbegin()->first > lost_until);
        }
        ASSERT_FALSE(verdict.beyond || verdict.too_large || verdict.malformed);
      } else if (!reader.inbox_.empty()) {
        reader.Take();
      }
    }
    EXPECT_GT(reader.delivered_, 10u);
    const auto& msgs = stream.msgs();
    ASSERT_LE(reader.delivered_, msgs.size());
    for (size_t i = 0; i < reader.delivered_; ++i) {
      ASSERT_EQ(reader.got_[expected_from + i].msg, msgs[i]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LossyNetwork, testing::Range(0, 6));

class AnyPieces : public testing::TestWithParam<int> {};

// No honest sender cuts the same items twice in different ways; whoever does
// gets no envelope delivered twice, out of order or beyond the grant.
TEST_P(AnyPieces, ThatOverlapDeliverAPrefixOfTheStream) {
  std::mt19937_64 random(static_cast<uint64_t>(GetParam()));
  Reader reader(/*window=*/30000, /*max=*/kMaxEnvelope);
  Stream stream;
  for (uint64_t id = 1; id <= 2000; ++id) stream.Add(id, random() % 300);
  for (int step = 0; step < 3000; ++step) {
    const uint64_t received = reader.window_.received();
    const uint64_t first = (received > 10 ? received - 10 : 1) + random() % 22;
    reader.Receive(stream.Frame(first, 1 + random() % 20));
    if (random() % 2 == 0 && !reader.inbox_.empty()) reader.Take();
    ASSERT_LE(stream.position(reader.window_.received()),
              reader.window_.grant());
  }
  EXPECT_GT(reader.delivered_, 300u);
  for (size_t i = 0; i < reader.got_.size(); ++i) {
    ASSERT_EQ(reader.got_[i].id, i + 1);
    ASSERT_EQ(reader.got_[i].msg, stream.msgs()[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyPieces, testing::Range(0, 4));

TEST(Verdict, OnAFrameWithoutItemsSaysWhetherSomethingIsMissing) {
  Reader reader;
  Stream stream;
  stream.Add(1, 1);
  EXPECT_FALSE(reader.Receive(stream.Frame(1, 0)).gap);
  EXPECT_TRUE(reader.Receive(stream.Frame(2, 0)).gap) << "1 was sent";
  reader.Receive(stream.Frame(1));
  EXPECT_FALSE(reader.Receive(stream.Frame(2, 0)).gap);
}

TEST(Session, ThatEndsTakesItsGapsAndHalvesAlongAndLeavesTheInbox) {
  Reader reader;
  Stream old;
  old.Add(1, 100);
  old.Add(2, 3 * kFragmentBytes);
  old.Add(3, 100);
  reader.Receive(old.Frame(1));
  reader.Receive(old.Frame(2));  // A third of envelope 2.
  reader.Receive(old.Frame(5));  // Early.
  reader.StartSession();
  EXPECT_EQ(reader.window_.received(), 0u);
  EXPECT_FALSE(reader.window_.has_gap());
  EXPECT_EQ(reader.window_.grant(), kWindow - 164) << "what is in the inbox";
  Stream fresh;
  for (uint64_t id = 11; id < 16; ++id) fresh.Add(id, 50);
  reader.Receive(fresh.Frame(1, 5));
  ASSERT_EQ(reader.got_.size(), 6u);
  EXPECT_EQ(reader.got_[1].id, 11u);
  reader.Take();
  EXPECT_EQ(reader.window_.taken(), 0u) << "it was of the former session";
  EXPECT_EQ(reader.window_.grant(), kWindow);
  reader.Take();
  EXPECT_EQ(reader.window_.taken(), 1u);
  EXPECT_EQ(reader.window_.grant(), kWindow + 114);
}

TEST(Grant, IsNothingWhileAFormerSessionFillsTheInbox) {
  Reader reader(1000, 1000);
  Stream stream;
  for (uint64_t id = 1; id <= 10; ++id) stream.Add(id, 36);
  reader.Receive(stream.Frame(1, 10));
  reader.StartSession();
  EXPECT_EQ(reader.window_.grant(), 0u);
  EXPECT_TRUE(reader.Receive(stream.Frame(1)).beyond);
  EXPECT_EQ(reader.window_.received(), 0u);
  reader.Take();
  EXPECT_FALSE(reader.Receive(stream.Frame(1)).beyond);
  EXPECT_EQ(reader.window_.received(), 1u);
}

TEST(Grant, BoundsWhatIsDeliveredAndWhatIsEarly) {
  Reader reader(1000, 1000);
  Stream stream;
  for (uint64_t id = 1; id <= 30; ++id) stream.Add(id, 36);
  EXPECT_TRUE(reader.Receive(stream.Frame(1, 11)).beyond);
  EXPECT_EQ(reader.window_.received(), 0u);
  EXPECT_FALSE(reader.Receive(stream.Frame(2, 9)).beyond);
  EXPECT_TRUE(reader.Receive(stream.Frame(11, 2)).beyond);
  EXPECT_FALSE(reader.Receive(stream.Frame(1)).beyond);
  EXPECT_EQ(reader.window_.received(), 10u);
  EXPECT_TRUE(reader.Receive(stream.Frame(11)).beyond);
}

TEST(Envelope, AboveTheLimitIsDropped) {
  for (const uint64_t max : {100u, 300000u}) {
    Reader reader(kWindow, max);
    Stream stream;
    stream.Add(1, max);
    stream.Add(2, max + 1);
    const uint64_t last = stream.end();
    const uint64_t items = max < kFragmentBytes ? 1 : 2;
    for (uint64_t i = 1; i <= items; ++i) {
      EXPECT_FALSE(reader.Receive(stream.Frame(i)).too_large);
    }
    EXPECT_TRUE(reader.Receive(stream.Frame(items + 1)).too_large);
    EXPECT_EQ(reader.window_.received(), items);
    EXPECT_EQ(last, 2 * items);
    EXPECT_EQ(reader.got_.size(), 1u);
  }
}

TEST(Fragments, ThatDoNotFitTogetherAreDropped) {
  Stream two, three;
  two.Add(1, 2 * kFragmentBytes);
  two.Add(2, 10);
  three.Add(1, 3 * kFragmentBytes);
  Reader reader;
  EXPECT_TRUE(reader.Receive(two.Frame(2)).gap);
  reader.StartSession();
  reader.Receive(two.Frame(1));
  EXPECT_TRUE(reader.Receive(three.Frame(2)).malformed) << "another envelope's";
  Stream other;
  for (int i = 0; i < 3; ++i) other.Add(7, 10);
  EXPECT_TRUE(reader.Receive(other.Frame(2)).malformed) << "whole in between";
  reader.Receive(two.Frame(2, 2));
  ASSERT_EQ(reader.got_.size(), 2u);
  EXPECT_EQ(reader.got_[0].msg, Msg(1, 2 * kFragmentBytes));
  EXPECT_EQ(reader.got_[0].items, 2u);
}

// An envelope of `total` bytes in `count` pieces of `size`, of which piece
// `index` is looked at.
TEST(Fragments, HaveTheSizeThatTheirSenderHasSaid) {
  const auto cut = [](uint32_t index, uint32_t count, uint64_t total,
                      size_t size, uint64_t fragment_bytes) {
    const std::string msg(size, 'm');
    Item item;
    item.msg = msg;
    item.index = index;
    item.count = count;
    item.total_bytes = total;
    return IsCutRight(item, fragment_bytes);
  };
  for (const uint64_t full : {uint64_t{4096}, uint64_t{kFragmentBytes}}) {
    EXPECT_TRUE(cut(0, 2, full + 1, full, full));
    EXPECT_TRUE(cut(1, 2, full + 1, 1, full));
    EXPECT_TRUE(cut(1, 2, 2 * full, full, full));
    EXPECT_FALSE(cut(0, 2, full + 1, full - 1, full));
    EXPECT_FALSE(cut(1, 2, full + 1, 2, full));
    EXPECT_FALSE(cut(0, 2, full, full, full)) << "fits in one";
    EXPECT_FALSE(cut(0, 2, 2 * full + 1, full, full));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
