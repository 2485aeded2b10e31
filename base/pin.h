// Keeps the bytes of a frame alive for the envelopes that are views of them.
//
// It does what a shared_ptr would, except that the handles for a whole run of
// envelopes are counted at once: for small envelopes counting is much of the
// price.
//
// Thread rule: as a shared_ptr's. Handles may be copied and destroyed in
// different threads, the same handle in one at a time.
#ifndef RAFT_BASE_PIN_H_
#define RAFT_BASE_PIN_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "raft/base/assert.h"
#include "raft/base/pid.h"

namespace raft_cluster::internal {

class Pin {
 public:
  Pin() = default;
  // The first handle on what `owner` keeps alive.
  static Pin On(std::shared_ptr<const void> owner) {
    return Pin(new Pinned(std::move(owner)));
  }
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
    RAFT_ASSERT(pinned_ != nullptr);
    pinned_->handles.fetch_add(handles, std::memory_order_relaxed);
  }
  Pin Counted() const { return Pin(pinned_); }

 private:
  struct Pinned {
    explicit Pinned(std::shared_ptr<const void> held)
        : owner(std::move(held)) {}
    const std::shared_ptr<const void> owner;
    std::atomic<int64_t> handles{1};
  };

  explicit Pin(Pinned* pinned) : pinned_(pinned) {}

  Pinned* pinned_ = nullptr;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_BASE_PIN_H_
