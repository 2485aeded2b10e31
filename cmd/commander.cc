#include "raft/cmd/commander.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "raft/cmd/flags.h"
#include "raft/cmd/stats_table.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kReadBytes = 64 << 10;

// "2147483647: ": what a line may have besides the text of an envelope.
constexpr size_t kAddressBytes = 12;

// How soon a job that was brought to the front reads again.
constexpr int kLookMs = 200;

// How long a line waits for room with a peer that is not live.
constexpr absl::Duration kPatience = absl::Seconds(1);

}  // namespace

Commander::Commander(Server& server, const SessionOptions& options, int in,
                     Reloader& reloader, Ending& ending)
    : server_(server),
      options_(options),
      in_(in, O_RDONLY),
      reloader_(reloader),
      ending_(ending),
      lines_(options.max_line_bytes + kAddressBytes) {}

void Commander::Run() {
  Begin();
  const auto buffer = std::make_unique<char[]>(kReadBytes);
  for (;;) {
    pollfd fds[] = {{in_.fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) return;
    if (!MayRead()) {
      // There is input, but for somebody else; nothing tells when that changes.
      if (poll(&fds[1], 1, kLookMs) > 0) return;
      continue;
    }
    const ssize_t size = in_.ReadSome(buffer.get(), kReadBytes);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0 && errno == EIO && !MayRead()) continue;
    if (size > 0) {
      lines_.Add({buffer.get(), static_cast<size_t>(size)});
      if (!DoLines()) return;
      continue;
    }
    lines_.End();
    DoLines();
    // Whoever types has left; a pipe may have said all it had to say.
    if (options_.terminal) ending_.Set(kDone, "the input has ended");
    return;
  }
}

void Commander::Begin() {
  if (!options_.terminal) return Greet();
  if (!MayRead()) {
    Say("In the background: what is typed is read once this is in the front.");
    return Greet();
  }
  if (options_.message.empty()) {
    greeted_ = true;
    Say("Type a line to broadcast it; /help says what else there is.");
  } else {
    Say(absl::StrCat("Press Enter to broadcast \"", options_.message,
                     "\". Or type another line; /help says what else there "
                     "is."));
  }
}

void Commander::Greet() {
  greeted_ = true;
  if (!options_.message.empty()) Send(kBroadcast, options_.message);
}

bool Commander::MayRead() const {
  if (!options_.terminal) return true;
  const pid_t front = tcgetpgrp(in_.fd());
  return front < 0 || front == getpgrp();
}

bool Commander::DoLines() {
  while (const auto line = lines_.Next()) {
    if (Do(*line)) continue;
    while (lines_.Next()) ++unsent_;
    return false;
  }
  return true;
}

bool Commander::Do(const LineSplitter::Line& line) {
  if (line.text.size() < line.bytes) {
    Say(absl::StrCat("not sent: a line of ", line.bytes,
                     " bytes; the limit is ", options_.max_line_bytes));
    return true;
  }
  const Input input = ParseInput(line.text);
  switch (input.kind) {
    case Input::kNothing:
      if (!greeted_) Greet();
      return true;
    case Input::kSend:
      greeted_ = true;  // With words of one's own.
      if (Send(input.to, input.text)) return true;
      ++unsent_;
      return false;
    case Input::kPeers:
      Say(absl::StripSuffix(ShowPeers(server_.stats()), "\n"));
      return true;
    case Input::kStats:
      Say(absl::StripSuffix(ShowStats(server_.stats()), "\n"));
      return true;
    case Input::kRawStats:
      Say(absl::StripSuffix(server_.stats().DebugString(), "\n"));
      return true;
    case Input::kReload:
      reloader_.Reload();
      return true;
    case Input::kHelp:
      Say(absl::StripSuffix(Columns(TypingHelp()), "\n"));
      return true;
    case Input::kQuit:
      ending_.Set(kDone, "/quit");
      return false;
    case Input::kNoSuchPid:
      Say(absl::StrCat("not sent: there is no server ", input.text));
      return true;
    case Input::kNoCommand:
      Say(absl::StrCat("no command ", input.text,
                       "; there are /peers, /stats, /reload, /help and /quit"));
      return true;
  }
  return true;
}

bool Commander::Send(Pid to, absl::string_view text) {
  for (;;) {
    const auto receipt = server_.outbox().Send(to, text, kPatience);
    if (receipt.ok()) {
      if (receipt->skipped > 0 && !skipping_) {
        Say(absl::StrCat("passing over ", receipt->skipped,
                         " peers that are not up and have a full queue "
                         "(/peers shows which)"));
      }
      if (to == kBroadcast) skipping_ = receipt->skipped > 0;
      return true;
    }
    if (receipt.status().code() == absl::StatusCode::kFailedPrecondition) {
      return false;
    }
    // A live peer that is slow slows down whoever writes to our stdin; one
    // that is not may never come back.
    const bool full =
        receipt.status().code() == absl::StatusCode::kDeadlineExceeded;
    if (full && (to == kBroadcast || IsLive(to))) continue;
    Say(absl::StrCat("not sent: ", InFlags(receipt.status().message())));
    return true;
  }
}

bool Commander::IsLive(Pid peer) const {
  const Stats stats = server_.stats();
  return std::any_of(
      stats.peers().begin(), stats.peers().end(), [&](const PeerStats& each) {
        return each.pid() == peer && (each.state() == PeerStats::UP ||
                                      each.state() == PeerStats::SLOW);
      });
}

}  // namespace raft_cluster::internal
