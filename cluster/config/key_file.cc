#include "raft/cluster/config/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

// More than any key has, with the certificates that go with it; and than all
// CAs that there are have.
constexpr size_t kMaxBytes = size_t{64} << 10;
constexpr size_t kMaxCaBytes = size_t{4} << 20;
constexpr absl::string_view kPem = "-----BEGIN ";
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

absl::Status Unfit(const std::string& path, absl::string_view why,
                   absl::string_view what = "key") {
  return absl::InvalidArgumentError(
      absl::StrCat("the ", what, " file \"", path, "\" ", why));
}

// Up to `size` bytes from the begin; -1 as read() has it.
ssize_t ReadUpTo(int fd, char* into, size_t size) {
  size_t total = 0;
  while (total < size) {
    const ssize_t got = read(fd, into + total, size - total);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    total += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(total);
}

// Is it one that systemd (LoadCredential=) gave this service alone? It belongs
// to root, and the service's user reads it by an access list, whose bounds
// stand where the group's rights do: hence mode 0440 since version 254.
bool IsCredential(const std::string& path, const struct stat& info) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder != '/') return false;
  absl::string_view name = path;
  return absl::ConsumePrefix(&name, absl::StrCat(folder, "/")) &&
         !absl::StrContains(name, '/') && info.st_uid == 0 &&
         (info.st_mode & 07777 & ~(S_IRUSR | S_IRGRP)) == 0;
}

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

}  // namespace

absl::Status WriteKeyFile(const std::string& path, absl::string_view secret) {
  // Never over a file that is there: a secret that is overwritten is gone, and
  // with it whatever lists its public half.
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno,
                               absl::StrCat("cannot write \"", path, "\""));
  }
  // In two, since a copy of the secret would stay in memory.
  const bool written =
      WriteAll(fd, secret) && WriteAll(fd, "\n") && fsync(fd) == 0;
  const int error = errno;
  // A disk that is full or a quota may be told by close() alone. Half a key is
  // worse than none.
  if (close(fd) == 0 && written) return absl::OkStatus();
  unlink(path.c_str());
  return absl::ErrnoToStatus(error,
                             absl::StrCat("cannot write \"", path, "\""));
}

absl::StatusOr<Secret> ReadKeyFile(const std::string& path) {
  // A pipe would let us wait for its other end.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return Unfit(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  const auto closer = absl::MakeCleanup([fd] { close(fd); });
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return Unfit(path, "is no file");
  }
  const bool credential = IsCredential(path, info);
  if (!credential && (info.st_mode & kOthers) != 0) {
    return Unfit(
        path,
        absl::StrCat("can be read or written by others than its owner, "
                     "so its key may be known to them: run `chmod 600 ",
                     path, "`, and if others had access, make a new key"));
  }
  // As with its mode: whoever owns a file can change what it says.
  if (!credential && info.st_uid != geteuid()) {
    return Unfit(
        path, absl::StrCat("belongs to another user (uid ", info.st_uid,
                           ", while this program runs as uid ", geteuid(),
                           "), who may know and change the key: run the "
                           "program as that user, or make a key of your own"));
  }
  std::string buffer(kMaxBytes, '\0');
  const auto wipe = absl::MakeCleanup(
      [&buffer] { explicit_bzero(&buffer[0], buffer.size()); });
  const ssize_t size = ReadUpTo(fd, &buffer[0], buffer.size());
  if (size < 0) {
    return Unfit(path, absl::StrCat("cannot be read: ", std::strerror(errno)));
  }
  const absl::string_view line = absl::StripAsciiWhitespace(
      absl::string_view(buffer).substr(0, static_cast<size_t>(size)));
  if (line.empty() || static_cast<size_t>(size) == buffer.size() ||
      (line.find_first_of("\r\n") != absl::string_view::npos &&
       !absl::StrContains(line, kPem))) {
    return Unfit(path,
                 "does not hold one line with a key, nor PEM; keygen writes "
                 "such");
  }
  std::string text(line);
  Secret secret(text);
  explicit_bzero(&text[0], text.size());
  return secret;
}

absl::StatusOr<std::string> ReadCaFile(const std::string& path) {
  constexpr absl::string_view kWhat = "CA";
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return Unfit(path, absl::StrCat("cannot be read: ", std::strerror(errno)),
                 kWhat);
  }
  const auto closer = absl::MakeCleanup([fd] { close(fd); });
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return Unfit(path, "is no file", kWhat);
  }
  // One byte more, to see that it is too large.
  std::string text(kMaxCaBytes + 1, '\0');
  const ssize_t size = ReadUpTo(fd, &text[0], text.size());
  if (size < 0) {
    return Unfit(path, absl::StrCat("cannot be read: ", std::strerror(errno)),
                 kWhat);
  }
  text.resize(static_cast<size_t>(size));
  if (text.size() > kMaxCaBytes || !absl::StrContains(text, kPem)) {
    return Unfit(path, "holds no certificates in PEM, of 4 MiB at most", kWhat);
  }
  text.shrink_to_fit();
  return text;
}

}  // namespace raft_cluster::internal
