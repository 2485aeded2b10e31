// The framing of a stream says the same however its bytes are cut, hands out no
// frame that is too large, and what it has handed out stays as it was.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "raft/testing/fuzz/input.h"
#include "raft/transport/frame.h"
#include "raft/transport/stream/chunk_pool.h"
#include "raft/transport/stream/record_reader.h"

namespace raft_cluster::internal::stream {
namespace {

using Result = RecordReader::Result;

constexpr size_t kMaxFrame = 40000;

struct Outcome {
  std::vector<Result> results;
  std::vector<std::string> frames;
};

// The last result is kNothing, or final.
Outcome ReadBy(const std::string& bytes, size_t step) {
  ChunkPool chunks;
  RecordReader reader(chunks, kMaxFrame);
  Outcome outcome;
  std::vector<Bytes> held;
  RecordReader::Record record;
  size_t at = 0;
  for (;;) {
    const Result result = reader.Next(record);
    if (result == Result::kNothing && at < bytes.size()) {
      const RecordReader::Room room = reader.MakeRoom();
      Require(room.size > 0, "there is room");
      const size_t size = std::min({step, room.size, bytes.size() - at});
      std::memcpy(room.data, bytes.data() + at, size);
      reader.Filled(size);
      at += size;
      continue;
    }
    outcome.results.push_back(result);
    if (result == Result::kFrame) {
      Require(record.bytes.size() <= kMaxFrame, "no frame is too large");
      held.push_back(record.bytes);
      outcome.frames.emplace_back(record.bytes.view());
      continue;
    }
    if (result != Result::kPreamble && result != Result::kEcho &&
        result != Result::kEnd) {
      break;
    }
  }
  for (size_t i = 0; i < held.size(); ++i) {
    Require(held[i].view() == outcome.frames[i], "nobody reads over a frame");
  }
  return outcome;
}

}  // namespace
}  // namespace raft_cluster::internal::stream

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using raft_cluster::internal::Require;
  using raft_cluster::internal::stream::Outcome;
  using raft_cluster::internal::stream::ReadBy;
  raft_cluster::internal::FuzzInput input(data, size);
  const size_t step = 1 + input.Number(2);
  const std::string bytes = input.Rest();
  const Outcome one = ReadBy(bytes, step);
  const Outcome other = ReadBy(bytes, bytes.size() + 1);
  Require(one.results == other.results, "a cut changes no result");
  Require(one.frames == other.frames, "a cut changes no frame");
  return 0;
}
