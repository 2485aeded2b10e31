// Turns the bytes of a connection into the preamble and the records after it.
//
//   while (reader.Next(record) == RecordReader::Result::kNothing) {
//     RecordReader::Room room = reader.MakeRoom();
//     ... read some bytes into it ...
//     reader.Filled(bytes);
//   }
//
// It holds no memory of its own between records. Of one that has begun it holds
// what has come, in a buffer of the record's size, which no sender can make
// larger than a frame may be.
//
// Thread rule: under the transport's lock.
#ifndef RAFT_TRANSPORT_STREAM_RECORD_READER_H_
#define RAFT_TRANSPORT_STREAM_RECORD_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "raft/transport/frame.h"
#include "raft/transport/stream/chunk_pool.h"
#include "raft/transport/stream/preamble.h"

namespace raft_cluster::internal::stream {

class RecordReader {
 public:
  enum class Result {
    kNothing,   // More bytes are needed.
    kPreamble,  // `preamble`.
    kFrame,     // `bytes`.
    kEcho,      // `nonce`.
    kEnd,
    // All that follow are final.
    kNoPreamble,  // why().
    kMalformed,
    kTooLarge,
  };
  struct Record {
    Preamble preamble;
    Bytes bytes;
    Nonce nonce;
  };
  struct Room {
    char* data;
    size_t size;
  };

  // `chunks` outlives this.
  RecordReader(ChunkPool& chunks, size_t max_frame_bytes)
      : chunks_(chunks), max_frame_bytes_(max_frame_bytes) {}

  // The next one of what has been read.
  Result Next(Record& record);
  // REQUIRES: the last Next() gave kNothing.
  Room MakeRoom();
  void Filled(size_t bytes);

  // Others will read before what is left of the input is asked for.
  void Keep();

  const absl::Status& why() const { return why_; }

 private:
  // Longer ones are read into their own buffer, without a copy.
  static constexpr size_t kDirectBytes = size_t{16} << 10;
  // What comes in so few bytes is copied, so that it does not keep a chunk.
  static constexpr size_t kCopiedBytes = 1024;

  Result Fail(Result result);
  Result NextPreamble(Record& record);
  // The next header is complete and sound, or a final result.
  Result NextHeader();
  Bytes TakeWhole();
  // Goes on to fill what has begun. True: it is complete.
  bool Continue();
  Result Complete(Bytes bytes, Record& record);
  void Consume(size_t bytes);

  ChunkPool& chunks_;
  const size_t max_frame_bytes_;
  bool has_preamble_ = false;
  Result failed_ = Result::kNothing;
  absl::Status why_;

  // Read and not used yet: `input_size_` bytes in `chunk_`.
  std::shared_ptr<Chunk> chunk_;
  const char* input_ = nullptr;
  const char* read_ = nullptr;  // Where it began.
  size_t input_size_ = 0;
  bool copies_ = false;                // Of this input.
  std::shared_ptr<const void> lease_;  // Of the chunk, once there is a view.

  char header_[kPreambleBytes] = {};  // Also the preamble's.
  size_t header_size_ = 0;
  // Of the record whose header is complete, kind and bytes.
  bool in_record_ = false;
  uint32_t kind_ = 0;
  size_t size_ = 0;
  std::shared_ptr<char> begun_;
  size_t begun_size_ = 0;
  bool is_direct_ = false;  // Room was made in begun_.
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_RECORD_READER_H_
