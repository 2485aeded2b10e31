// What waits to be written to a connection, by reference.
//
// Thread rule: under the transport's lock.
#ifndef RAFT_TRANSPORT_STREAM_RECORD_QUEUE_H_
#define RAFT_TRANSPORT_STREAM_RECORD_QUEUE_H_

#include <sys/uio.h>

#include <cstddef>
#include <deque>

#include "raft/transport/frame.h"
#include "raft/transport/stream/record.h"

namespace raft_cluster::internal::stream {

class RecordQueue {
 public:
  // REQUIRES: frame.size() <= kMaxRecordBytes.
  void Push(RecordKind kind, Frame frame);

  bool empty() const { return records_.empty(); }
  // With what each record costs beside its bytes, so that empty ones count.
  size_t cost() const { return cost_; }
  static size_t CostOf(const Frame& frame) { return frame.size() + kOverhead; }

  // The first bytes that are not written: fills up to `limit` parts, and
  // returns how many. REQUIRES: limit >= 3.
  int Parts(iovec* parts, int limit) const;
  // The first `bytes` of them are written.
  void Written(size_t bytes);

 private:
  static constexpr size_t kOverhead = 64;

  struct Record {
    char header[kRecordHeaderBytes];
    Frame frame;
    size_t size() const { return kRecordHeaderBytes + frame.size(); }
  };

  std::deque<Record> records_;
  size_t written_ = 0;  // Of the first one.
  size_t cost_ = 0;
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_RECORD_QUEUE_H_
