#include "raft/status/answers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "prometheus/text_serializer.h"
#include "raft/status/event_words.h"
#include "raft/status/metrics.h"
#include "raft/status/page.h"
#include "raft/status/utf8.h"

namespace raft_cluster::internal {
namespace {

constexpr char kJson[] = "application/json";

std::string Print(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  // Zeros too: whoever reads it in a shell is to see what there is.
  options.always_print_primitive_fields = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options)
           .ok()) {
    return "{}";
  }
  return json + "\n";
}

// The value of `name` in a query; -1 if it is not there or no number.
int64_t Parameter(absl::string_view query, absl::string_view name) {
  for (absl::string_view part : absl::StrSplit(query, '&')) {
    int64_t value;
    if (absl::ConsumePrefix(&part, name) && absl::ConsumePrefix(&part, "=") &&
        absl::SimpleAtoi(part, &value) && value >= 0) {
      return value;
    }
  }
  return -1;
}

Answer Refusing(int code, absl::string_view why) {
  Answer answer;
  answer.code = code;
  answer.body = absl::StrCat(why, "\n");
  return answer;
}

bool IsLive(const PeerStats& peer) {
  return peer.state() == PeerStats::UP || peer.state() == PeerStats::SLOW;
}

bool IsKnown(const std::string& path) {
  static const auto* const paths = new std::vector<std::string>{
      "/metrics", "/status", "/healthz", "/readyz", "/history", "/recorder"};
  return std::find(paths->begin(), paths->end(), path) != paths->end();
}

Answer Json(std::string body) { return {200, kJson, std::move(body)}; }

}  // namespace

std::string ToJson(Stats stats) {
  for (RecordedEvent& event : *stats.mutable_last_events()) {
    event.set_words(ValidUtf8(ShowEvent(event.event())));
  }
  return Print(stats);
}

std::string ToJson(Recording recording) {
  for (RecordedEvent& event : *recording.mutable_events()) {
    event.set_words(ValidUtf8(ShowEvent(event.event())));
  }
  for (RecordedState& change : *recording.mutable_states()) {
    change.set_words(ValidUtf8(ShowState(change)));
  }
  return Print(recording);
}

Answer Health(const Stats& stats) {
  if (stats.closed()) {
    return Refusing(503, "the server is closed, or superseded by a newer life");
  }
  if (stats.late_us() > stats.failure_timeout_us()) {
    return Refusing(
        503,
        absl::StrCat("the thread that moves frames is late by ",
                     absl::FormatDuration(absl::Microseconds(stats.late_us())),
                     ", and the failure timeout is ",
                     absl::FormatDuration(
                         absl::Microseconds(stats.failure_timeout_us()))));
  }
  return {200, Answer().type, "ok\n"};
}

Answer Readiness(const Stats& stats, int ready_peers) {
  if (Answer health = Health(stats); health.code != 200) return health;
  const int wanted = ready_peers < 0
                         ? stats.peers_size() / 2
                         : std::min(ready_peers, stats.peers_size());
  const auto live = static_cast<int>(
      std::count_if(stats.peers().begin(), stats.peers().end(), IsLive));
  const std::string counts =
      absl::StrCat(live, " of ", stats.peers_size(), " peers are up, ", wanted,
                   " are wanted");
  return live < wanted ? Refusing(503, counts)
                       : Answer{200, Answer().type, counts + "\n"};
}

Answer AnswerTo(const Question& question, const Server* server,
                const History& history, int ready_peers) {
  const std::string& path = question.path;
  if (path == "/") {
    return {200, "text/html; charset=utf-8", std::string(Page())};
  }
  if (!IsKnown(path)) {
    return Refusing(404,
                    "there are /, /metrics, /status, /history, /recorder, "
                    "/healthz and /readyz");
  }
  if (server == nullptr) return Refusing(503, "there is no server yet");
  if (path == "/metrics") {
    return {200, "text/plain; version=0.0.4; charset=utf-8",
            prometheus::TextSerializer().Serialize(MetricsOf(server->stats()))};
  }
  if (path == "/status") return Json(ToJson(server->stats()));
  if (path == "/recorder") return Json(ToJson(server->recording()));
  if (path == "/history") {
    const int64_t since = Parameter(question.query, "since");
    return Json(
        history.Json(static_cast<uint64_t>(std::max<int64_t>(since, 0))));
  }
  if (path == "/healthz") return Health(server->stats());
  const int64_t wanted = Parameter(question.query, "peers");
  return Readiness(server->stats(),
                   wanted < 0
                       ? ready_peers
                       : static_cast<int>(std::min<int64_t>(wanted, 1 << 30)));
}

}  // namespace raft_cluster::internal
