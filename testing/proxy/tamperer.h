// Somebody in the middle of a stream who changes what passes.
//
// Thread rule: none of its own.
#ifndef RAFT_TESTING_PROXY_TAMPERER_H_
#define RAFT_TESTING_PROXY_TAMPERER_H_

#include <cstddef>
#include <string>

namespace raft_cluster::internal {

// What is done to a few bytes: one bit is the other way, they are left out,
// come twice, or change places with their neighbours.
enum class Tampering { kFlip, kLeaveOut, kRepeat, kSwap };

class Tamperer {
 public:
  // From now on does so every `period_bytes` that are seen, wherever they
  // pass. 0: never (as at first).
  void Set(Tampering how, size_t period_bytes);
  // `bytes` pass.
  void See(std::string* bytes);
  int count() const { return count_; }

 private:
  void Change(std::string* bytes, size_t at);

  Tampering how_ = Tampering::kFlip;
  size_t period_bytes_ = 0;
  size_t seen_bytes_ = 0;  // Since it was done last.
  int count_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROXY_TAMPERER_H_
