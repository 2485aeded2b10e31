// What the window counts is near what it keeps alive.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "raft/cluster/link/receive_window.h"

namespace raft_cluster::internal {
namespace {

constexpr uint64_t kWindow = uint64_t{64} << 20;

// The frames that somebody made, and how much of them is still held.
class Frames {
 public:
  ParsedFrame Make(uint64_t first, const std::vector<size_t>& sizes) {
    std::string items;
    for (const size_t size : sizes) {
      AppendItem({7, false, std::string(size, 'm')}, &items);
    }
    return MakeOf(first, items);
  }

  ParsedFrame MakeOf(uint64_t first, const std::string& items) {
    Header header;
    header.from = 1;
    header.to = 2;
    header.src = header.dst = {1, 1};
    header.session = true;
    header.first = first;
    const Frame split = EncodeFrame(header, {}, Bytes::Own(items));
    // As it may come: in one piece.
    const Frame frame{Bytes::Own(std::string(split.head.view()) +
                                 std::string(split.body.view())),
                      Bytes()};
    frames_.emplace_back(frame.head.owner(), frame.head.size());
    ParsedFrame parsed;
    EXPECT_EQ(ParseFrame(frame, true, &parsed), ParseResult::kOk);
    return parsed;
  }

  size_t held_bytes() const {
    size_t bytes = 0;
    for (const auto& [frame, size] : frames_) {
      if (!frame.expired()) bytes += size;
    }
    return bytes;
  }

 private:
  std::vector<std::pair<std::weak_ptr<const void>, size_t>> frames_;
};

// Each frame brings what is here already, which is large, and one small item
// that is new.
TEST(Memory, OfFramesWhoseLargePartIsARepeatIsGivenBack) {
  Frames frames;
  ReceiveWindow window(kWindow, kWindow / 2);
  std::vector<ItemRun> runs;
  window.Receive(frames.Make(1, {1}), /*now=*/0, &runs);
  for (uint64_t number = 1; number < 100; ++number) {
    window.Receive(frames.Make(number, {60000, 3000}), /*now=*/0, &runs);
  }
  EXPECT_EQ(window.received(), 100u);
  EXPECT_EQ(window.inbox_cost(), 1 + 99 * 3000 + 100 * kEnvelopeOverhead);
  EXPECT_LT(frames.held_bytes(), 2 * window.inbox_cost());
}

TEST(Memory, OfEarlyFramesWhoseLargePartIsARepeatIsGivenBack) {
  Frames frames;
  ReceiveWindow window(kWindow, kWindow / 2);
  std::vector<ItemRun> runs;
  window.Receive(frames.Make(10, {1, 1}), /*now=*/0, &runs);
  for (uint64_t number = 11; number < 211; number += 2) {
    window.Receive(frames.Make(number, {60000, 1, 1}), /*now=*/0, &runs);
  }
  EXPECT_EQ(window.received(), 0u);
  EXPECT_TRUE(window.has_gap());
  EXPECT_LT(frames.held_bytes(), 60000u);
}

// For a large envelope there is room for all of it from its first piece on.
TEST(Memory, OfWhatIsNotWholeOrInOrderIsHeld) {
  Frames frames;
  ReceiveWindow window(kWindow, kWindow / 2);
  window.StartSession(kFragmentBytes);
  std::vector<ItemRun> runs;
  window.Receive(frames.Make(3, {100}), /*now=*/0, &runs);
  const uint64_t small = 100 + kEnvelopeOverhead;
  EXPECT_EQ(window.held_cost(), small);
  const std::string msg(kFragmentBytes, 'f');
  Item piece;
  piece.id = 7;
  piece.msg = msg;
  piece.count = 2;
  piece.total_bytes = 2 * kFragmentBytes;
  for (piece.index = 0; piece.index < piece.count; ++piece.index) {
    EXPECT_EQ(window.inbox_cost(), 0u);
    std::string items;
    AppendItem(piece, &items);
    window.Receive(frames.MakeOf(piece.index + 1, items), /*now=*/0, &runs);
    EXPECT_EQ(window.held_cost(),
              piece.total_bytes + kEnvelopeOverhead + small);
    piece.id = 0;
  }
  EXPECT_EQ(window.inbox_cost(), window.held_cost());
}

TEST(Runs, OfSmallEnvelopesStayTogetherHoweverSmallTheLimit) {
  Frames frames;
  for (const uint64_t max : {100u, 1000u, 100000u}) {
    ReceiveWindow window(kWindow, max);
    std::vector<ItemRun> runs;
    window.Receive(frames.Make(1, {1, 100, 20}), /*now=*/0, &runs);
    ASSERT_EQ(runs.size(), 1u) << max;
    EXPECT_EQ(runs[0].envelopes, 3u);
    EXPECT_FALSE(runs[0].single);
  }
}

}  // namespace
}  // namespace raft_cluster::internal
