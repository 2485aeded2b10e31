#include "raft/transport/stream/plain.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/ipc_url.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/stream/stream_transport.h"
#include "raft/transport/stream/wire.h"

namespace raft_cluster::internal {
namespace stream {
namespace {

class PlainWire : public Wire {
 public:
  std::unique_ptr<Channel> Accept(OwnedFd fd) override {
    return std::make_unique<PlainChannel>(std::move(fd));
  }
  std::unique_ptr<Channel> Dial(OwnedFd fd, Pid /*called*/) override {
    return std::make_unique<PlainChannel>(std::move(fd));
  }
};

}  // namespace

Io PlainChannel::Result(ssize_t result) {
  if (result > 0) return {Progress::kDone, static_cast<size_t>(result)};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {Progress::kAgain, 0};
  error_ = errno;
  return {Progress::kFailed, 0};
}

Io PlainChannel::Read(char* data, size_t size) {
  ssize_t result;
  do {
    result = recv(fd_.get(), data, size, MSG_DONTWAIT);
  } while (result < 0 && errno == EINTR);
  if (result == 0) return {Progress::kClosed, 0};
  return Result(result);
}

Io PlainChannel::Write(const iovec* parts, int count) {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<size_t>(count);
  ssize_t result;
  do {
    result = sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (result < 0 && errno == EINTR);
  const Io io = Result(result);
  wants_write_ = io.progress == Progress::kAgain;
  return io;
}

absl::Status PlainChannel::why() const { return DescriptorError(error_); }

}  // namespace stream

absl::StatusOr<ParsedUrl> ParsePlainUrl(const Url& url) {
  if (url.scheme == "plain") return ParseTcpUrl(url);
  if (url.scheme == "unix") return ParseIpcUrl(url);
  return absl::InvalidArgumentError(absl::StrCat(
      "url: \"", url.ToString(), "\" is neither plain:// nor unix://"));
}

Opener PlainTransport() {
  return [](const TransportSpec& spec)
             -> absl::StatusOr<std::unique_ptr<Transport>> {
    const absl::StatusOr<ParsedUrl> parsed = ParsePlainUrl(spec.url);
    if (!parsed.ok()) return parsed.status();
    const stream::Place place =
        spec.url.scheme == "unix" ? stream::Place::kPath : stream::Place::kTcp;
    return stream::OpenStream(spec, place,
                              std::make_unique<stream::PlainWire>());
  };
}

}  // namespace raft_cluster::internal
