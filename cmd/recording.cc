#include "raft/cmd/recording.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "raft/base/assert.h"
#include "raft/cmd/program.h"
#include "raft/status/answers.h"

namespace raft_cluster::internal {
namespace {

absl::Status WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return absl::ErrnoToStatus(errno, "write");
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return absl::OkStatus();
}

// Of the RecordingOnFailure that there is.
const Server* the_server = nullptr;
const std::string* the_path = nullptr;

void WriteLastWords() {
  const absl::Status written = WriteRecording(*the_server, *the_path);
  Say(written.ok() ? absl::StrCat("the last events are in ", *the_path)
                   : written.message());
}

absl::Status Failed(const std::string& path, const char* what) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, " cannot be ", what));
}

}  // namespace

absl::Status WriteRecording(const Server& server, const std::string& path) {
  const std::string json = ToJson(server.recording());
  // Beside it first: who reads it meanwhile sees the one or the other.
  std::string beside = absl::StrCat(path, ".XXXXXX");
  const int fd = mkostemp(&beside[0], O_CLOEXEC);
  if (fd < 0) return Failed(beside, "written");
  auto removal = absl::MakeCleanup([&beside] { unlink(beside.c_str()); });
  const absl::Status written = WriteAll(fd, json);
  if (close(fd) != 0 && written.ok()) return Failed(beside, "written");
  if (!written.ok()) {
    return absl::Status(written.code(),
                        absl::StrCat(beside, ": ", written.message()));
  }
  if (rename(beside.c_str(), path.c_str()) != 0) {
    return Failed(path, "replaced");
  }
  std::move(removal).Cancel();
  return absl::OkStatus();
}

RecordingOnFailure::RecordingOnFailure(const Server& server,
                                       const std::string& path) {
  the_server = &server;
  the_path = new std::string(path);  // For good: it may be read at any time.
  SetLastWords(WriteLastWords);
}

RecordingOnFailure::~RecordingOnFailure() { SetLastWords(nullptr); }

}  // namespace raft_cluster::internal
