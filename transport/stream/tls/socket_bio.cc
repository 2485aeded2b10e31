#include "raft/transport/stream/tls/socket_bio.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace raft_cluster::internal::tls {
namespace {

// Of what is thrown away at the end: what a caller sends along with its
// handshake, and no more than that.
constexpr int kMaxDrainReads = 16;

}  // namespace

struct BioCalls {
  static SocketBio* Of(BIO* bio) {
    return static_cast<SocketBio*>(BIO_get_data(bio));
  }
  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }
  static int Read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    bool retry = false;
    const int got = Of(bio)->Read(into, size, retry);
    if (retry) BIO_set_retry_read(bio);
    return got;
  }
  static int Write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    return Of(bio)->Write(bytes, size);
  }
  static long Control(BIO* bio, int what, long /*number*/,  // NOLINT: theirs.
                      void* /*pointer*/) {
    if (what == BIO_CTRL_FLUSH) return 1;
    if (what == BIO_CTRL_EOF) return Of(bio)->at_end() ? 1 : 0;
    return 0;
  }
  // Lives as long as the process.
  static const BIO_METHOD* Method() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* const made =
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "raft");
      if (made != nullptr) {
        BIO_meth_set_create(made, Create);
        BIO_meth_set_read(made, Read);
        BIO_meth_set_write(made, Write);
        BIO_meth_set_ctrl(made, Control);
      }
      return made;
    }();
    return method;
  }
};

Owned<BIO> SocketBio::NewBio() {
  const BIO_METHOD* const method = BioCalls::Method();
  Owned<BIO> bio(method == nullptr ? nullptr : BIO_new(method));
  if (bio != nullptr) BIO_set_data(bio.get(), this);
  return bio;
}

int SocketBio::Read(char* into, int size, bool& retry) {
  may_have_more_ = false;
  if (may_read_bytes_ == 0) {
    // The descriptor goes on telling.
    retry = true;
    return -1;
  }
  ssize_t got;
  do {
    got = recv(fd_, into, static_cast<size_t>(size), MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  may_have_more_ = got == size;
  if (got > 0) {
    may_read_bytes_ -= std::min(may_read_bytes_, static_cast<size_t>(got));
    return static_cast<int>(got);
  }
  if (got == 0) {
    at_end_ = true;
    return 0;
  }
  retry = errno == EAGAIN || errno == EWOULDBLOCK;
  if (!retry) read_error_ = errno;
  return -1;
}

int SocketBio::Write(const char* bytes, int size) {
  if (write_error_ != 0) return -1;
  if (backlog_.size() + shared_->size() > kMaxBacklogBytes) {
    write_error_ = ENOBUFS;
    return -1;
  }
  shared_->append(bytes, static_cast<size_t>(size));
  return size;
}

ssize_t SocketBio::Send(const char* bytes, size_t size) {
  ssize_t sent;
  do {
    sent = send(fd_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return sent;
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  write_error_ = errno;
  return -1;
}

bool SocketBio::Flush() {
  if (write_error_ != 0) {
    shared_->clear();
    return false;
  }
  // What waits comes first. Else it goes from the shared buffer, uncopied.
  if (!backlog_.empty()) {
    backlog_.append(*shared_);
    shared_->clear();
  }
  std::string& from = backlog_.empty() ? *shared_ : backlog_;
  size_t sent_bytes = 0;
  while (sent_bytes < from.size()) {
    const ssize_t sent =
        Send(from.data() + sent_bytes, from.size() - sent_bytes);
    if (sent < 0) {
      shared_->clear();
      return false;
    }
    if (sent == 0) break;
    sent_bytes += static_cast<size_t>(sent);
  }
  if (sent_bytes < from.size()) {
    backlog_ = from.substr(sent_bytes);
  } else {
    // An idle connection holds no buffer.
    std::string().swap(backlog_);
  }
  shared_->clear();
  return true;
}

void SocketBio::EndPolitely() {
  shutdown(fd_, SHUT_WR);
  char ignored[4096];
  for (int i = 0; i < kMaxDrainReads; ++i) {
    if (recv(fd_, ignored, sizeof(ignored), MSG_DONTWAIT) <= 0) break;
  }
}

}  // namespace raft_cluster::internal::tls
