// One connection through a proxy: two sockets, and a stream each way between
// them.
//
// Thread rule: none of its own.
#ifndef RAFT_TESTING_PROXY_CONNECTION_H_
#define RAFT_TESTING_PROXY_CONNECTION_H_

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "raft/testing/proxy/tamperer.h"

namespace raft_cluster::internal {

class ProxiedConnection {
 public:
  // How it ends for both its ends: by RST, or by FIN.
  enum class Cut { kReset, kClose };

  // Stream 0 leads from `caller` to `target`, stream 1 back. Owns both
  // descriptors, which do not block. `born`: by any clock, for born().
  // `tamperer` sees both streams, and outlives them.
  ProxiedConnection(int caller, int target, absl::Duration born,
                    Tamperer* tamperer)
      : born_(born), tamperer_(tamperer), fds_{caller, target} {}
  // Ends it by RST.
  ~ProxiedConnection() { End(Cut::kReset); }
  ProxiedConnection(const ProxiedConnection&) = delete;
  ProxiedConnection& operator=(const ProxiedConnection&) = delete;

  // Of end 0, who called, or 1, the target; -1 once it has ended.
  int fd(int end) const { return fds_[end]; }
  bool open() const { return fds_[0] >= 0; }
  absl::Duration born() const { return born_; }
  size_t passed_bytes() const { return passed_bytes_; }
  void CountFromNow() { passed_bytes_ = 0; }

  void End(Cut how);
  void HalfClose(int way);
  void Darken(int way);

  // What poll() is to look for at an end, if `limit_bytes` may pass.
  short Events(int end, size_t limit_bytes) const;
  // Moves what can be moved one way, and answers how many bytes have passed.
  // `readable`: the sender's end is. Ends the connection where an end fails,
  // and when both streams are at their ends.
  size_t Move(int way, bool readable, size_t limit_bytes);

 private:
  struct Stream {
    std::string buffer;     // Read, and not passed on.
    bool at_end = false;    // There is nothing more to read.
    bool to_close = false;  // The receiver is to be told, after the buffer,
    bool closed = false;    // and has been.
    bool lost = false;      // What is read is thrown away.
    bool dark = false;      // And nobody is told of the end.
  };

  // False: the connection has failed.
  bool Read(int way);

  const absl::Duration born_;
  Tamperer* const tamperer_;
  int fds_[2];
  Stream streams_[2];  // Stream i leads from fds_[i] to the other one.
  size_t passed_bytes_ = 0;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_PROXY_CONNECTION_H_
