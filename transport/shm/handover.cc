#include "raft/transport/shm/handover.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal::shm {
namespace {

struct Answer {
  char magic[8];
  uint32_t version = 1;
  uint32_t code = 0;  // As absl::StatusCode; 0: it has taken the memory.
};
static_assert(sizeof(Answer) == 16, "without gaps");

// Descriptors of one message for which there is room, so that those beyond the
// first are seen, and closed. The system drops what goes beyond.
constexpr int kSeenDescriptors = 8;

absl::Status Gone(const char* doing, int error) {
  return absl::UnavailableError(absl::StrCat(
      "cannot agree on shared memory: ", doing, ": ",
      error == 0 ? "the other process has hung up" : std::strerror(error)));
}

absl::Status NotOurs(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("the other process does not speak shm://, or not this "
                   "version of it: ",
                   what));
}

bool IsAgain(ssize_t result, int error) {
  return result < 0 &&
         (error == EAGAIN || error == EWOULDBLOCK || error == EINTR);
}

// Closes all descriptors that came with a message but one, which is returned;
// -1 if there was not exactly one, and nothing else.
int TakeOnlyDescriptor(msghdr& message) {
  int fd = -1;
  bool only = (message.msg_flags & MSG_CTRUNC) == 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      only = false;
      continue;
    }
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int next;
      std::memcpy(&next, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      if (fd >= 0) {
        close(next);
        only = false;
      } else {
        fd = next;
      }
    }
  }
  if (only) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

absl::Status CheckHello(const Hello& hello, ssize_t size) {
  if (size != sizeof(hello)) return NotOurs("its hello is cut short");
  if (std::memcmp(hello.magic, kMagic, sizeof(hello.magic)) != 0) {
    return NotOurs("it says something else than hello");
  }
  if (hello.version != 1 || hello.reserved != 0 || hello.reserved_too != 0) {
    return NotOurs(absl::StrCat("its version is ", hello.version, ", ours 1"));
  }
  return absl::OkStatus();
}

// Root may look into the memory of anybody as it is.
absl::Status CheckUser(int socket) {
  ucred other = {};
  socklen_t size = sizeof(other);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0) {
    return Gone("whose process it is", errno);
  }
  if (other.uid == geteuid() || other.uid == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "the other process is of user ", other.uid, ", and this one of user ",
      geteuid(),
      "; processes share memory only with those of their own user, and with "
      "root's"));
}

}  // namespace

absl::Status SendHello(int socket, int memory_fd, size_t ring_bytes) {
  const absl::Status user = CheckUser(socket);
  if (!user.ok()) return user;
  Hello hello = {};
  std::memcpy(hello.magic, kMagic, sizeof(hello.magic));
  hello.ring_bytes = ring_bytes;
  iovec part = {&hello, sizeof(hello)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* const rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(rights), &memory_fd, sizeof(int));
  const ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == sizeof(hello)) return absl::OkStatus();
  return Gone("hello", sent < 0 ? errno : 0);
}

absl::optional<absl::Status> ReceiveAnswer(int socket) {
  Answer answer = {};
  const ssize_t size = recv(socket, &answer, sizeof(answer), MSG_DONTWAIT);
  if (IsAgain(size, errno)) return absl::nullopt;
  if (size <= 0) return Gone("answer", size < 0 ? errno : 0);
  if (size != sizeof(answer) ||
      std::memcmp(answer.magic, kMagic, sizeof(answer.magic)) != 0 ||
      answer.version != 1) {
    return NotOurs("it answers something else");
  }
  if (answer.code == 0) return absl::OkStatus();
  switch (static_cast<absl::StatusCode>(answer.code)) {
    case absl::StatusCode::kPermissionDenied:
      return absl::PermissionDeniedError(
          "the other process shares memory only with those of its own user, "
          "and with root's");
    case absl::StatusCode::kResourceExhausted:
      return absl::ResourceExhaustedError(
          "the other process has no descriptor or no memory left for this "
          "connection");
    default:
      return absl::InvalidArgumentError(
          "the other process has not taken the shared memory that was offered "
          "to it");
  }
}

absl::optional<absl::StatusOr<std::unique_ptr<Memory>>> ReceiveHello(
    int socket) {
  Hello hello = {};
  iovec part = {&hello, sizeof(hello)};
  alignas(cmsghdr) char control[CMSG_SPACE(kSeenDescriptors * sizeof(int))];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t size =
      recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (IsAgain(size, errno)) return absl::nullopt;
  if (size <= 0) return {Gone("hello", size < 0 ? errno : 0)};
  const int fd = TakeOnlyDescriptor(message);
  absl::Status status = CheckUser(socket);
  if (status.ok()) status = CheckHello(hello, size);
  if (fd < 0) {
    if (!status.ok()) return {status};
    // The system drops what it finds no descriptor for, and says only this.
    if (message.msg_controllen == 0 && (message.msg_flags & MSG_CTRUNC) != 0) {
      return {absl::ResourceExhaustedError(
          "no descriptor is left for the shared memory of a caller; raise "
          "ulimit -n")};
    }
    return {NotOurs("its hello comes without memory, or with more than that")};
  }
  auto memory = status.ok() ? Memory::Map(fd, hello.ring_bytes)
                            : absl::StatusOr<std::unique_ptr<Memory>>(status);
  close(fd);
  return {std::move(memory)};
}

absl::Status SendAnswer(int socket, const absl::Status& result) {
  Answer answer = {};
  std::memcpy(answer.magic, kMagic, sizeof(answer.magic));
  answer.code = static_cast<uint32_t>(result.code());
  const ssize_t sent =
      send(socket, &answer, sizeof(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent == sizeof(answer)) return absl::OkStatus();
  return Gone("answer", sent < 0 ? errno : 0);
}

}  // namespace raft_cluster::internal::shm
