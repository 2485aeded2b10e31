// A socket as it is: plain://host:port (TCP) and unix:///path. Nothing is
// encrypted, and nobody is proven to be who it says it is.
//
// Thread rule: PlainChannel as Channel; the functions from any thread.
#ifndef RAFT_TRANSPORT_STREAM_PLAIN_H_
#define RAFT_TRANSPORT_STREAM_PLAIN_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal {
namespace stream {

class PlainChannel : public Channel {
 public:
  // Connected, and does not block.
  explicit PlainChannel(OwnedFd fd) : fd_(std::move(fd)) {}

  int fd() const override { return fd_.get(); }
  bool wants_write() const override { return wants_write_; }
  Io Read(char* data, size_t size) override;
  Io Write(const iovec* parts, int count) override;
  absl::Status why() const override;

 private:
  Io Result(ssize_t result);

  const OwnedFd fd_;
  bool wants_write_ = false;
  int error_ = 0;
};

}  // namespace stream

// Opens what has a plain:// or a unix:// url.
Opener PlainTransport();

// INVALID_ARGUMENT: it is neither, or no such address.
absl::StatusOr<ParsedUrl> ParsePlainUrl(const Url& url);

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_STREAM_PLAIN_H_
