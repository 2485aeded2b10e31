#include "raft/cmd/top/screen.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "raft/cmd/top/collector.h"
#include "raft/status/event_words.h"

namespace raft_cluster::internal {
namespace {

using Server = ClusterStatus::Server;

constexpr int kCellWidth = 5;
constexpr size_t kEvents = 12;  // Where there is no height to fill.

enum class Colour { kNone, kGood, kWarning, kBad, kHeading };

const char* CodeOf(Colour colour) {
  switch (colour) {
    case Colour::kGood:
      return "\x1b[32m";
    case Colour::kWarning:
      return "\x1b[33m";
    case Colour::kBad:
      return "\x1b[1;31m";
    case Colour::kHeading:
      return "\x1b[1m";
    case Colour::kNone:
      break;
  }
  return "";
}

// Text that knows how many columns it takes.
class Line {
 public:
  explicit Line(const ScreenOptions& options) : options_(options) {}

  Line& Add(const std::string& text, Colour colour = Colour::kNone) {
    const bool coloured = options_.colours && colour != Colour::kNone;
    if (coloured) text_ += CodeOf(colour);
    for (const char c : text) {
      // The other bytes of a UTF-8 character take no column.
      const bool begins = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
      if (begins && left_ == 0) break;
      if (begins) --left_;
      text_ += c;
    }
    if (coloured) text_ += "\x1b[0m";
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  const ScreenOptions& options_;
  int left_ = options_.columns;
  std::string text_;
};

std::pair<const char*, Colour> CellOf(PeerStats::State state) {
  switch (state) {
    case PeerStats::UP:
      return {"up", Colour::kGood};
    case PeerStats::SLOW:
      return {"slow", Colour::kWarning};
    case PeerStats::CONNECTING:
      return {"conn", Colour::kWarning};
    case PeerStats::SILENT:
      return {"SIL", Colour::kBad};
    case PeerStats::DOWN:
      return {"DOWN", Colour::kBad};
    default:
      return {"?", Colour::kNone};
  }
}

// "1500", "15.0k", "1.5M", of which it says how many, or how many bytes: at
// most six columns.
std::string ShortAmount(double amount) {
  if (amount < 9'999.5) return absl::StrFormat("%.0f", amount);
  for (const char* unit : {"k", "M", "G", "T"}) {
    amount /= 1'000;
    if (amount < 999.95) return absl::StrFormat("%.1f%s", amount, unit);
  }
  return "much";
}

// "850us", "1.3ms", "2.0s", at most six columns; "-" for 0.
std::string ShortMicros(uint64_t us) {
  if (us == 0) return "-";
  const auto amount = static_cast<double>(us);
  if (us < 1'000) return absl::StrCat(us, "us");
  if (us < 99'950) return absl::StrFormat("%.1fms", amount / 1e3);
  if (us < 999'500) return absl::StrFormat("%.0fms", amount / 1e3);
  if (us < 600'000'000) return absl::StrFormat("%.1fs", amount / 1e6);
  if (us < 86'400'000'000) return absl::StrFormat("%.0fmin", amount / 60e6);
  return absl::StrFormat("%.0fd", amount / 86'400e6);
}

// "7", or where nothing has answered yet, the port that was asked.
std::string NameOf(const Server& server) {
  return server.stats().pid() > 0 ? absl::StrCat(server.stats().pid())
                                  : server.status_url();
}

class Screen {
 public:
  Screen(const ClusterStatus& status, const ScreenOptions& options)
      : status_(status), options_(options) {}

  std::vector<std::string> Show() {
    Head();
    Matrix();
    Figures();
    Troubles();
    Events();
    if (options_.rows > 0 &&
        lines_.size() > static_cast<size_t>(options_.rows)) {
      lines_.resize(static_cast<size_t>(options_.rows));
    }
    return std::move(lines_);
  }

 private:
  Line NewLine() const { return Line(options_); }
  void Put(const Line& line) { lines_.push_back(line.text()); }
  void Put(const std::string& text, Colour colour = Colour::kNone) {
    Put(NewLine().Add(text, colour));
  }
  void Heading(const std::string& text) {
    lines_.emplace_back();
    Put(text, Colour::kHeading);
  }

  void Head() {
    int answering = 0, well = 0;
    for (const Server& server : status_.servers()) {
      if (server.error().empty()) ++answering;
      if (Trouble(server) == 0) ++well;
    }
    const int asked = status_.servers_size();
    Line line = NewLine();
    line.Add(absl::StrCat(ShowTime(status_.unix_us()).substr(0, 8), "  ",
                          answering, " of ", asked, " servers answer, "));
    if (well == asked) {
      line.Add("all is well", Colour::kGood);
    } else {
      line.Add(
          absl::StrCat(asked - well, " in trouble, or with peers that are"),
          Colour::kBad);
    }
    Put(line);
  }

  // Of all servers that anybody has in its configuration: those that somebody
  // does not hear first.
  std::vector<int32_t> Columns() const {
    std::map<int32_t, int> unheard;
    for (const Server& server : status_.servers()) {
      if (server.stats().pid() > 0) unheard[server.stats().pid()] += 0;
      if (!server.error().empty()) continue;
      for (const PeerStats& peer : server.stats().peers()) {
        unheard[peer.pid()] += peer.state() == PeerStats::UP ? 0 : 1;
      }
    }
    std::vector<int32_t> pids;
    for (const auto& [pid, count] : unheard) pids.push_back(pid);
    const auto room =
        static_cast<size_t>(std::max(1, (options_.columns - 7) / kCellWidth));
    if (pids.size() <= room) return pids;  // Then by pid.
    std::stable_sort(pids.begin(), pids.end(), [&](int32_t a, int32_t b) {
      return unheard[a] > unheard[b];
    });
    pids.resize(room);
    return pids;
  }

  void Matrix() {
    const std::vector<int32_t> pids = Columns();
    std::string heading = "  hears";
    for (const int32_t pid : pids) {
      absl::StrAppendFormat(&heading, "%*d", kCellWidth, pid);
    }
    Heading(heading);
    for (const Server& server : status_.servers()) {
      Line line = NewLine();
      if (!server.error().empty()) {
        line.Add(absl::StrFormat("%7s  ", NameOf(server)))
            .Add(Printable(server.error()), Colour::kBad);
      } else {
        line.Add(absl::StrFormat("%7d", server.stats().pid()));
        AddCells(server.stats(), pids, line);
      }
      Put(line);
    }
  }

  static void AddCells(const Stats& stats, const std::vector<int32_t>& pids,
                       Line& line) {
    std::map<int32_t, PeerStats::State> states;
    for (const PeerStats& peer : stats.peers()) {
      states[peer.pid()] = peer.state();
    }
    for (const int32_t pid : pids) {
      const auto state = states.find(pid);
      const auto [text, colour] =
          state == states.end()
              ? std::pair<const char*, Colour>{pid == stats.pid() ? "-" : "",
                                               Colour::kNone}
              : CellOf(state->second);
      line.Add(absl::StrFormat("%*s", kCellWidth, text), colour);
    }
  }

  void Figures() {
    Heading(absl::StrFormat("%7s %7s %6s %6s %6s %6s %6s %6s %6s %6s %6s",
                            "server", "live", "sent/s", "recv/s", "out/s",
                            "in/s", "queued", "oldest", "p50", "p99", "late"));
    for (const Server& server : status_.servers()) {
      if (!server.error().empty()) continue;
      Put(absl::StrFormat("%7d %7s %s %6s %6s %6s %6s %6s",
                          server.stats().pid(), LiveOf(server.stats()),
                          RatesOf(server),
                          ShortAmount(QueuedOf(server.stats())),
                          ShortMicros(OldestOf(server.stats())),
                          ShortMicros(server.delay().p50_us()),
                          ShortMicros(server.delay().p99_us()),
                          ShortMicros(server.stats().late_us())));
    }
  }

  static std::string LiveOf(const Stats& stats) {
    const auto live =
        std::count_if(stats.peers().begin(), stats.peers().end(), IsLive);
    return absl::StrCat(live, "/", stats.peers_size());
  }
  static std::string RatesOf(const Server& server) {
    if (!server.has_rates()) {
      return absl::StrFormat("%6s %6s %6s %6s", "-", "-", "-", "-");
    }
    const ClusterStatus::Rates& rates = server.rates();
    return absl::StrFormat("%6s %6s %6s %6s", ShortAmount(rates.sent()),
                           ShortAmount(rates.received()),
                           ShortAmount(rates.sent_bytes()),
                           ShortAmount(rates.received_bytes()));
  }
  static uint64_t QueuedOf(const Stats& stats) {
    uint64_t bytes = 0;
    for (const PeerStats& peer : stats.peers()) bytes += peer.queued_bytes();
    return bytes;
  }
  static uint64_t OldestOf(const Stats& stats) {
    uint64_t oldest = 0;
    for (const PeerStats& peer : stats.peers()) {
      oldest = std::max<uint64_t>(oldest, peer.oldest_untaken_us());
    }
    return oldest;
  }

  void Troubles() {
    bool first = true;
    for (const Server& server : status_.servers()) {
      if (!server.error().empty()) continue;
      for (const PeerStats& peer : server.stats().peers()) {
        if (peer.state() == PeerStats::UP) continue;
        if (std::exchange(first, false)) Heading("why");
        Put(absl::StrCat(server.stats().pid(), " -> ", peer.pid(), "  ",
                         PeerStats::State_Name(peer.state()), ": ",
                         Printable(peer.reason())));
      }
    }
  }

  void Events() {
    // By time; of one time as they come.
    std::vector<std::pair<uint64_t, std::string>> events;
    for (const Server& server : status_.servers()) {
      for (const RecordedEvent& event : server.stats().last_events()) {
        events.emplace_back(
            event.unix_us(),
            absl::StrFormat("%s %4d: %s", ShowTime(event.unix_us()),
                            server.stats().pid(),
                            Printable(ShowEvent(event.event()))));
      }
    }
    if (events.empty()) return;
    std::stable_sort(
        events.begin(), events.end(),
        [](const auto& a, const auto& b) { return a.first > b.first; });
    Heading("what happened, the latest first");
    size_t room = kEvents;
    if (options_.rows > 0) {
      room = static_cast<size_t>(std::max<int64_t>(
          0, options_.rows - static_cast<int64_t>(lines_.size())));
    }
    for (size_t i = 0; i < std::min(room, events.size()); ++i) {
      Put(events[i].second);
    }
  }

  const ClusterStatus& status_;
  const ScreenOptions& options_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> ShowScreen(const ClusterStatus& status,
                                    const ScreenOptions& options) {
  return Screen(status, options).Show();
}

std::string ShowTime(uint64_t unix_us) {
  return absl::FormatTime("%H:%M:%E3S",
                          absl::FromUnixMicros(static_cast<int64_t>(unix_us)),
                          absl::LocalTimeZone());
}

std::string Printable(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // In UTF-8 U+0080 to U+009F are controls, too.
    const bool wide = c == 0xc2 && i + 1 < text.size() &&
                      (static_cast<unsigned char>(text[i + 1]) & 0xe0) == 0x80;
    if (wide) ++i;
    out += wide || c < 0x20 || c == 0x7f ? '?' : text[i];
  }
  return out;
}

}  // namespace raft_cluster::internal
