// Many envelopes at a time, for who has or wants them so: one lock, and on the
// way in one release, for many.
//
//   const std::vector<raft_cluster::ToSend> envelopes = {{2, "a"}, {3, "b"}};
//   const raft_cluster::SentMany sent =
//       server->outbox().SendMany(envelopes, absl::Seconds(1));
//   if (!sent.status.ok()) {
//     std::cout << "not sent from number " << sent.accepted << " on: "
//               << sent.status << std::endl;
//   }
//
//   raft_cluster::Batch batch;  // One for many calls: it keeps its memory.
//   while (server->inbox().ReceiveBatch(absl::Seconds(1), 256, batch).ok()) {
//     for (const raft_cluster::Batch::View& got : batch) {
//       std::cout << got.from << ": " << got.msg << std::endl;
//     }
//   }
//
// Thread rule: values; a Batch is used by one thread at a time.
#ifndef RAFT_CLUSTER_BATCH_H_
#define RAFT_CLUSTER_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"
#include "raft/base/pin.h"

namespace raft_cluster {

// An envelope for Outbox::SendMany(): the arguments of one Outbox::Send().
struct ToSend {
  Pid to = 0;  // Or kBroadcast.
  absl::string_view msg;
  uint64_t id = 0;
};

// What became of them.
struct SentMany {
  // So many were accepted: all before the first that was not.
  size_t accepted = 0;
  // Receipt::skipped of all of these together.
  uint64_t skipped = 0;
  // OK: all were accepted. Otherwise what Outbox::Send() says of number
  // `accepted`, counted from 0. Those behind it were not offered to anybody.
  absl::Status status;
};

// Envelopes as they came out of the inbox: views of the frames that brought
// them, which are given back together.
class Batch {
 public:
  // As Received has them. Lives until the Batch is cleared, filled again or
  // destroyed: copy what has to outlive that.
  struct View {
    Pid from = 0;
    Pid to = 0;
    uint64_t id = 0;
    uint64_t incarnation = 0;
    absl::string_view msg;
  };
  using const_iterator = std::vector<View>::const_iterator;

  Batch() = default;
  // To copy one would be to copy views and not what they are of.
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  size_t size() const { return views_.size(); }
  bool empty() const { return views_.empty(); }
  // REQUIRES: i < size().
  const View& operator[](size_t i) const { return views_[i]; }
  const_iterator begin() const { return views_.begin(); }
  const_iterator end() const { return views_.end(); }

  // Gives the frames back, and keeps the memory of its own.
  void Clear() {
    views_.clear();
    pins_.clear();
  }

 private:
  friend class Inbox;

  // `pin`: on the frame, or none, if one before it has that.
  void Add(const View& view, internal::Pin pin) {
    views_.push_back(view);
    if (pin) pins_.push_back(std::move(pin));
  }

  std::vector<View> views_;
  std::vector<internal::Pin> pins_;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_BATCH_H_
