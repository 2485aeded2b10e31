// The bytes that a fuzzer makes up, taken as decisions, and how its targets
// say that something is wrong.
//
// Thread rule: a value.
#ifndef RAFT_TESTING_FUZZ_INPUT_H_
#define RAFT_TESTING_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace raft_cluster::internal {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  bool empty() const { return at_ == end_; }
  // 0 once nothing is left.
  uint8_t Byte() { return empty() ? 0 : *at_++; }
  uint64_t Number(int bytes) {
    uint64_t number = 0;
    for (int i = 0; i < bytes; ++i) number = number << 8 | Byte();
    return number;
  }
  std::string Bytes(size_t size) {
    size = std::min(size, static_cast<size_t>(end_ - at_));
    std::string bytes(at_, at_ + size);
    at_ += size;
    return bytes;
  }
  std::string Rest() { return Bytes(static_cast<size_t>(end_ - at_)); }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

inline void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_FUZZ_INPUT_H_
