#include "raft/cmd/top/replay.h"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "raft/cmd/stats_table.h"
#include "raft/cmd/top/screen.h"
#include "raft/status/event_words.h"

namespace raft_cluster::internal {
namespace {

// 4,096 events, each with all that it can say.
constexpr size_t kMaxBytes = size_t{64} << 20;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "r");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("\"", path, "\""));
  }
  const auto closer = absl::MakeCleanup([file] { (void)std::fclose(file); });
  std::string content;
  char buffer[1 << 16];
  while (const size_t size = std::fread(buffer, 1, sizeof(buffer), file)) {
    content.append(buffer, size);
    if (content.size() > kMaxBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", path, "\" is larger than any recording"));
    }
  }
  if (std::ferror(file) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("\"", path, "\""));
  }
  return content;
}

// The state in which an event leaves its peer; "" if in the one before.
std::string StateAfter(const Event& event) {
  switch (event.kind()) {
    case Event::PEER_UP:
      return "UP";
    case Event::PEER_SLOW:
      return "SLOW";
    case Event::PEER_SILENT:
      return "SILENT";
    case Event::PEER_DOWN:
    case Event::PEER_LEFT:
      return "DOWN";
    default:
      return "";
  }
}

uint64_t Since(uint64_t before_us, uint64_t now_us) {
  return now_us > before_us ? now_us - before_us : 0;
}

}  // namespace

absl::StatusOr<Recording> ReadRecording(const std::string& path) {
  const absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return content.status();
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // Of a newer server.
  Recording recording;
  const auto parsed = google::protobuf::util::JsonStringToMessage(
      *content, &recording, options);
  if (!parsed.ok() || recording.pid() <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", path, "\" is no recording of a server",
                     parsed.ok() ? "" : ": ", parsed.ToString()));
  }
  return recording;
}

std::string ShowRecording(const Recording& recording) {
  const auto written =
      absl::FromUnixMicros(static_cast<int64_t>(recording.unix_us()));
  std::string out = absl::StrCat(
      "server ", recording.pid(), " at ", Printable(recording.url()), ", ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S %z", written, absl::LocalTimeZone()),
      ", ", recording.events_size(), " events");
  if (recording.events_size() > 0 && recording.events(0).number() > 1) {
    absl::StrAppend(&out, "; ", recording.events(0).number() - 1,
                    " before them are gone");
  }
  absl::StrAppend(&out, "\n");
  struct Last {
    std::string state;
    uint64_t monotonic_us = 0;
  };
  std::map<int32_t, Last> peers;
  uint64_t before_us = 0;
  for (const RecordedEvent& recorded : recording.events()) {
    const Event& event = recorded.event();
    const uint64_t now_us = recorded.monotonic_us();
    // The clock on the wall may have been set; what lies between is of the
    // other.
    absl::StrAppendFormat(
        &out, "%s %9s  %s\n", ShowTime(recorded.unix_us()),
        before_us == 0
            ? ""
            : absl::StrCat("+", ShowMicros(Since(before_us, now_us))),
        Printable(ShowEvent(event)));
    before_us = now_us;
    const std::string state = StateAfter(event);
    if (!state.empty()) peers[event.peer()] = {state, now_us};
  }
  for (const auto& [pid, last] : peers) {
    absl::StrAppend(
        &out, "in the end: server ", pid, " ", last.state, " for ",
        ShowMicros(Since(last.monotonic_us, recording.monotonic_us())), "\n");
  }
  return out;
}

}  // namespace raft_cluster::internal
