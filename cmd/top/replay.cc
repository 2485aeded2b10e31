#include "raft/cmd/top/replay.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>

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

// 4,096 events and states, each with all that it can say.
constexpr size_t kMaxFileBytes = size_t{64} << 20;

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
    if (content.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", path, "\" is larger than any recording"));
    }
  }
  if (std::ferror(file) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("\"", path, "\""));
  }
  return content;
}

uint64_t Since(uint64_t before_us, uint64_t now_us) {
  return now_us > before_us ? now_us - before_us : 0;
}

struct TimedLine {
  uint64_t monotonic_us = 0;
  uint64_t unix_us = 0;
  std::string words;
};

// By time; at one time first what happened, then what became of the peer.
std::vector<TimedLine> LinesOf(const Recording& recording) {
  std::vector<TimedLine> lines;
  for (const RecordedEvent& event : recording.events()) {
    lines.push_back(
        {event.monotonic_us(), event.unix_us(), ShowEvent(event.event())});
  }
  for (const RecordedState& change : recording.states()) {
    lines.push_back(
        {change.monotonic_us(), change.unix_us(), ShowState(change)});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const TimedLine& a, const TimedLine& b) {
                     return a.monotonic_us < b.monotonic_us;
                   });
  return lines;
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
      ", ", recording.events_size(), " events and ", recording.states_size(),
      " changes of state");
  if (recording.events_size() > 0 && recording.events(0).number() > 1) {
    absl::StrAppend(&out, "; ", recording.events(0).number() - 1,
                    " events before them are gone");
  }
  absl::StrAppend(&out, "\n");
  uint64_t before_us = 0;
  for (const TimedLine& line : LinesOf(recording)) {
    // The clock on the wall may have been set; what lies between is of the
    // other.
    const uint64_t since_us = Since(before_us, line.monotonic_us);
    absl::StrAppendFormat(&out, "%s %9s  %s\n", ShowTime(line.unix_us),
                          before_us == 0 || since_us == 0
                              ? ""
                              : absl::StrCat("+", ShowMicros(since_us)),
                          Printable(line.words));
    before_us = line.monotonic_us;
  }
  std::map<int32_t, const RecordedState*> last;
  for (const RecordedState& change : recording.states()) {
    last[change.peer()] = &change;
  }
  for (const auto& [pid, change] : last) {
    absl::StrAppend(
        &out, "in the end: server ", pid, " ",
        PeerStats::State_Name(change->state()), " for ",
        ShowMicros(Since(change->monotonic_us(), recording.monotonic_us())),
        "\n");
  }
  return out;
}

}  // namespace raft_cluster::internal
