#include "raft/transport/stream/record_queue.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "raft/base/assert.h"
#include "raft/transport/stream/little_endian.h"

namespace raft_cluster::internal::stream {

void RecordQueue::Push(RecordKind kind, Frame frame) {
  RAFT_ASSERT(frame.size() <= kMaxRecordBytes);
  cost_ += CostOf(frame);
  records_.emplace_back();
  Record& record = records_.back();
  PutLittleEndian(static_cast<uint32_t>(kind) << kRecordLengthBits |
                      static_cast<uint32_t>(frame.size()),
                  record.header);
  record.frame = std::move(frame);
}

int RecordQueue::Parts(iovec* parts, int limit) const {
  int count = 0;
  size_t skip = written_;
  for (const Record& record : records_) {
    if (count + 3 > limit) break;
    for (const absl::string_view part :
         {absl::string_view(record.header, kRecordHeaderBytes),
          record.frame.head.view(), record.frame.body.view()}) {
      const size_t skipped = std::min(skip, part.size());
      skip -= skipped;
      if (skipped == part.size()) continue;
      // An iovec is for reading as well as for writing.
      parts[count].iov_base = const_cast<char*>(part.data()) + skipped;
      parts[count++].iov_len = part.size() - skipped;
    }
  }
  return count;
}

void RecordQueue::Written(size_t bytes) {
  written_ += bytes;
  while (!records_.empty() && written_ >= records_.front().size()) {
    written_ -= records_.front().size();
    cost_ -= CostOf(records_.front().frame);
    records_.pop_front();
  }
}

}  // namespace raft_cluster::internal::stream
