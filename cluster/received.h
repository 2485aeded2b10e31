// An envelope as it came out of the inbox: a view of the frame that brought it.
//
// Thread rule: a value, cheap to copy. Copies may be used and destroyed in
// different threads.
#ifndef RAFT_CLUSTER_RECEIVED_H_
#define RAFT_CLUSTER_RECEIVED_H_

#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "raft/base/pid.h"
#include "raft/base/pin.h"
#include "raft/proto/envelope.pb.h"

namespace raft_cluster {

class Received {
 public:
  Received() = default;
  Received(Pid from, Pid to, uint64_t id, uint64_t incarnation,
           absl::string_view msg, internal::Pin pin)
      : from_(from),
        to_(to),
        id_(id),
        incarnation_(incarnation),
        msg_(msg),
        pin_(std::move(pin)) {}

  // The sender's pid, as the session knows it.
  Pid from() const { return from_; }
  // The receiver's own pid, or kBroadcast.
  Pid to() const { return to_; }
  uint64_t id() const { return id_; }
  // Tells the lives of one sender apart: the random part of its incarnation.
  uint64_t incarnation() const { return incarnation_; }
  // Lives as long as any copy of this Received, each of which pins the frame
  // that brought it (up to 260 KiB; the whole envelope, if that is larger).
  absl::string_view msg() const { return msg_; }

  Envelope ToProto() const;  // Copies.

 private:
  Pid from_ = 0;
  Pid to_ = 0;
  uint64_t id_ = 0;
  uint64_t incarnation_ = 0;
  absl::string_view msg_;
  internal::Pin pin_;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_RECEIVED_H_
