// Keeps the bytes of a frame alive for the envelopes that are views of them.
//
// What a shared_ptr would do, but that the handles for a whole run of envelopes
// are counted at once: for small envelopes the count is much of the price.
//
// Thread rule: as a shared_ptr's. Handles may be copied and destroyed in
// different threads, the same handle in one at a time.
#ifndef RAFT_CLUSTER_PIN_H_
#define RAFT_CLUSTER_PIN_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "raft/transport/frame.h"

namespace raft {

class Pin {
 public:
  Pin() = default;
  // The first handle on `bytes`.
  static Pin On(const Bytes& bytes) { return Pin(new Pinned(bytes)); }
  Pin(const Pin& other) : pinned_(other.pinned_) {
    if (pinned_ != nullptr) Hold(1);
  }
  Pin(Pin&& other) noexcept : pinned_(std::exchange(other.pinned_, nullptr)) {}
  Pin& operator=(Pin other) noexcept {
    std::swap(pinned_, other.pinned_);
    return *this;
  }
  ~Pin() {
    if (pinned_ != nullptr && pinned_->handles.fetch_sub(1) == 1)
      delete pinned_;
  }

  explicit operator bool() const { return pinned_ != nullptr; }
  // Counts `handles` more at once; Counted() then makes each of them.
  // REQUIRES: this is a handle on something.
  void Hold(int64_t handles) const {
    pinned_->handles.fetch_add(handles, std::memory_order_relaxed);
  }
  Pin Counted() const { return Pin(pinned_); }

 private:
  struct Pinned {
    explicit Pinned(const Bytes& held) : bytes(held) {}
    const Bytes bytes;
    std::atomic<int64_t> handles{1};
  };

  explicit Pin(Pinned* pinned) : pinned_(pinned) {}

  Pinned* pinned_ = nullptr;
};

}  // namespace raft

#endif  // RAFT_CLUSTER_PIN_H_
