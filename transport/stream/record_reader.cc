#include "raft/transport/stream/record_reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "raft/base/assert.h"
#include "raft/transport/stream/little_endian.h"
#include "raft/transport/stream/record.h"

namespace raft_cluster::internal::stream {

RecordReader::Result RecordReader::Next(Record& record) {
  if (failed_ != Result::kNothing) return failed_;
  if (!has_preamble_) return NextPreamble(record);
  if (!in_record_) {
    const Result result = NextHeader();
    if (result != Result::kFrame) return result;
  }
  if (begun_ == nullptr && input_size_ >= size_) {
    return Complete(TakeWhole(), record);
  }
  if (!Continue()) return Result::kNothing;
  const absl::string_view view(begun_.get(), size_);
  Bytes bytes(std::exchange(begun_, nullptr), view);
  begun_size_ = 0;
  return Complete(std::move(bytes), record);
}

RecordReader::Result RecordReader::Fail(Result result) {
  Consume(input_size_);
  begun_ = nullptr;
  return failed_ = result;
}

RecordReader::Result RecordReader::NextPreamble(Record& record) {
  const size_t taken = std::min(kPreambleBytes - header_size_, input_size_);
  if (taken > 0) std::memcpy(header_ + header_size_, input_, taken);
  header_size_ += taken;
  Consume(taken);
  if (header_size_ < kPreambleBytes) return Result::kNothing;
  header_size_ = 0;
  absl::StatusOr<Preamble> preamble =
      ParsePreamble(absl::string_view(header_, kPreambleBytes));
  if (!preamble.ok()) {
    why_ = preamble.status();
    return Fail(Result::kNoPreamble);
  }
  has_preamble_ = true;
  record.preamble = *preamble;
  return Result::kPreamble;
}

RecordReader::Result RecordReader::NextHeader() {
  const size_t taken = std::min(kRecordHeaderBytes - header_size_, input_size_);
  if (taken > 0) std::memcpy(header_ + header_size_, input_, taken);
  header_size_ += taken;
  Consume(taken);
  if (header_size_ < kRecordHeaderBytes) return Result::kNothing;
  header_size_ = 0;
  const auto header = GetLittleEndian<uint32_t>(header_);
  kind_ = header >> kRecordLengthBits;
  size_ = header & kMaxRecordBytes;
  switch (static_cast<RecordKind>(kind_)) {
    case RecordKind::kFrame:
      if (size_ > max_frame_bytes_) return Fail(Result::kTooLarge);
      break;
    case RecordKind::kEcho:
      if (size_ != kNonceBytes) return Fail(Result::kMalformed);
      break;
    case RecordKind::kEnd:
      if (size_ != 0) return Fail(Result::kMalformed);
      break;
    default:
      return Fail(Result::kMalformed);
  }
  in_record_ = true;
  return Result::kFrame;
}

Bytes RecordReader::TakeWhole() {
  const absl::string_view view(input_, size_);
  Bytes bytes;
  if (size_ == 0 || copies_) {
    if (size_ > 0) bytes = Bytes::Copy(view);
  } else {
    if (lease_ == nullptr) lease_ = ChunkPool::Lease(chunk_);
    bytes = Bytes(lease_, view);
  }
  Consume(size_);
  return bytes;
}

bool RecordReader::Continue() {
  if (input_size_ == 0) return begun_ != nullptr && begun_size_ == size_;
  // Not filled: of what never comes no page is touched.
  if (begun_ == nullptr) {
    begun_ =
        std::shared_ptr<char>(new char[size_], std::default_delete<char[]>());
    begun_size_ = 0;
  }
  const size_t taken = std::min(size_ - begun_size_, input_size_);
  std::memcpy(begun_.get() + begun_size_, input_, taken);
  begun_size_ += taken;
  Consume(taken);
  return begun_size_ == size_;
}

RecordReader::Result RecordReader::Complete(Bytes bytes, Record& record) {
  in_record_ = false;
  switch (static_cast<RecordKind>(kind_)) {
    case RecordKind::kEcho:
      std::copy_n(bytes.view().begin(), kNonceBytes, record.nonce.begin());
      return Result::kEcho;
    case RecordKind::kEnd:
      return Result::kEnd;
    default:
      record.bytes = std::move(bytes);
      return Result::kFrame;
  }
}

void RecordReader::Consume(size_t bytes) {
  input_ += bytes;
  input_size_ -= bytes;
  if (input_size_ > 0) return;
  chunk_ = nullptr;
  lease_ = nullptr;
}

void RecordReader::Keep() {
  if (input_size_ == 0) return;
  if (copies_) chunks_.Take(input_size_ + static_cast<size_t>(input_ - read_));
  copies_ = false;
  if (lease_ == nullptr) lease_ = ChunkPool::Lease(chunk_);
}

RecordReader::Room RecordReader::MakeRoom() {
  RAFT_ASSERT(input_size_ == 0);
  is_direct_ = begun_ != nullptr && size_ - begun_size_ >= kDirectBytes;
  if (is_direct_) return {begun_.get() + begun_size_, size_ - begun_size_};
  ChunkPool::Room room = chunks_.Next();
  chunk_ = std::move(room.chunk);
  input_ = read_ = room.data;
  return {room.data, room.size};
}

void RecordReader::Filled(size_t bytes) {
  if (is_direct_) {
    begun_size_ += bytes;
    return;
  }
  if (bytes == 0) {
    chunk_ = nullptr;
    return;
  }
  copies_ = bytes <= kCopiedBytes;
  input_size_ = bytes;
  // What is copied need not be kept.
  if (!copies_) chunks_.Take(bytes);
}

}  // namespace raft_cluster::internal::stream
