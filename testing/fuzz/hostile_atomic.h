// A number in memory that somebody else writes to, who may do so between any
// two looks at it. Takes the place of std::atomic in what is fuzzed.
//
// Thread rule: one thread.
#ifndef RAFT_TESTING_FUZZ_HOSTILE_ATOMIC_H_
#define RAFT_TESTING_FUZZ_HOSTILE_ATOMIC_H_

#include <atomic>
#include <cstdint>

namespace raft_cluster::internal {

// Decides what is seen where `honest` was stored last.
class Scribbler {
 public:
  virtual ~Scribbler() = default;
  virtual uint64_t See(const void* where, uint64_t honest) = 0;
};

// Of all numbers; null: all are honest.
inline Scribbler*& TheScribbler() {
  static Scribbler* scribbler = nullptr;
  return scribbler;
}

template <typename T>
class HostileAtomic {
 public:
  static constexpr bool is_always_lock_free = true;

  T load(std::memory_order /*order*/) const {
    Scribbler* const scribbler = TheScribbler();
    return scribbler == nullptr ? value_
                                : static_cast<T>(scribbler->See(this, value_));
  }
  void store(T value, std::memory_order /*order*/) { value_ = value; }
  T exchange(T value, std::memory_order order) {
    const T seen = load(order);
    value_ = value;
    return seen;
  }

 private:
  T value_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_FUZZ_HOSTILE_ATOMIC_H_
