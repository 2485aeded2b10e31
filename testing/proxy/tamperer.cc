#include "raft/testing/proxy/tamperer.h"

#include <algorithm>

namespace raft_cluster::internal {
namespace {

constexpr size_t kFewBytes = 100;

}  // namespace

void Tamperer::Set(Tampering how, size_t period_bytes) {
  how_ = how;
  period_bytes_ = period_bytes;
  seen_bytes_ = 0;
}

void Tamperer::See(std::string* bytes) {
  if (period_bytes_ == 0 || bytes->empty()) return;
  if (seen_bytes_ + bytes->size() < period_bytes_) {
    seen_bytes_ += bytes->size();
    return;
  }
  // The last byte of the period, or the first that there is.
  const size_t left = period_bytes_ - std::min(seen_bytes_, period_bytes_);
  seen_bytes_ = 0;
  ++count_;
  Change(bytes, left == 0 ? 0 : left - 1);
}

void Tamperer::Change(std::string* bytes, size_t at) {
  const size_t few = std::min(bytes->size() - at, kFewBytes);
  switch (how_) {
    case Tampering::kFlip:
      (*bytes)[at] = static_cast<char>((*bytes)[at] ^ 1 << count_ % 8);
      break;
    case Tampering::kLeaveOut:
      bytes->erase(at, few);
      break;
    case Tampering::kRepeat:
      bytes->insert(at, bytes->substr(at, few));
      break;
    case Tampering::kSwap:
      std::rotate(bytes->begin() + at, bytes->begin() + at + few / 2,
                  bytes->begin() + at + few);
      break;
  }
}

}  // namespace raft_cluster::internal
