// What a transport carries: a head and a body, both immutable bytes.
//
// The head is small and made anew for each transmission; the body may be
// large and is shared by reference among peers and retransmissions:
//
//   raft_cluster::Frame frame{
//       raft_cluster::Bytes::Copy(head),
//       body};  // No byte of the body is copied.
//
// A frame arrives whole or not at all. It arrives either split as it was sent
// or in one piece, all of it in the head: the contents say where the body
// begins, the split does not.
//
// Thread rule: values. Copies may be used and destroyed in different threads;
// the bytes themselves never change after they have been put into a Bytes.
#ifndef RAFT_TRANSPORT_FRAME_H_
#define RAFT_TRANSPORT_FRAME_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "raft/base/assert.h"
#include "raft/base/pid.h"

namespace raft_cluster {

// A view and what keeps it alive. The owner is shared because a body is held
// at once by a sender's queue, by several transports and by the application
// that received it, none of which outlives the others by rule. It can be a
// foreign owner, such as a zmq_msg_t.
class Bytes {
 public:
  Bytes() = default;
  // `owner` keeps the memory under `view` alive and unchanged.
  Bytes(std::shared_ptr<const void> owner, absl::string_view view)
      : owner_(std::move(owner)), view_(view) {}

  static Bytes Copy(absl::string_view bytes) { return Own(std::string(bytes)); }
  static Bytes Own(std::string bytes) {
    auto owner = std::make_shared<const std::string>(std::move(bytes));
    absl::string_view view = *owner;
    return Bytes(std::move(owner), view);
  }

  absl::string_view view() const { return view_; }
  const std::shared_ptr<const void>& owner() const { return owner_; }
  size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }

  // A part of these bytes with the same owner.
  // REQUIRES: offset <= size(). A `length` past the end is cut there.
  Bytes Slice(size_t offset, size_t length = absl::string_view::npos) const {
    RAFT_ASSERT(offset <= size());
    return Bytes(owner_, view_.substr(offset, length));
  }

 private:
  std::shared_ptr<const void> owner_;
  absl::string_view view_;
};

struct Frame {
  Bytes head;
  Bytes body;

  size_t size() const { return head.size() + body.size(); }
};

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_FRAME_H_
