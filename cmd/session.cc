#include "raft/cmd/session.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "raft/base/thread.h"
#include "raft/cmd/commander.h"
#include "raft/cmd/ending.h"
#include "raft/cmd/printer.h"
#include "raft/cmd/recording.h"
#include "raft/cmd/reloader.h"
#include "raft/cmd/service_notice.h"
#include "raft/cmd/watch.h"

namespace raft_cluster::internal {
namespace {

constexpr absl::Duration kDrain = absl::Seconds(2);

// For a reader of stdout that has stopped reading.
constexpr absl::Duration kLastLines = absl::Seconds(1);

bool WaitReadable(int fd, absl::Duration timeout) {
  pollfd fds[] = {{fd, POLLIN, 0}};
  return poll(fds, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) > 0;
}

void SayStats(const Server& server) {
  Stats stats = server.stats();
  stats.clear_last_events();  // They have been said.
  Say(absl::StripSuffix(stats.DebugString(), "\n"));
}

void SaveRecording(const Server& server, const std::string& path) {
  const absl::Status written = WriteRecording(server, path);
  Say(written.ok() ? absl::StrCat("the last events are in ", path)
                   : written.message());
}

// Meanwhile SIGUSR1 asks for the account, SIGUSR2 for what happened, and SIGHUP
// has the configuration read again.
void WaitForEnd(const Server& server, const SessionOptions& options,
                Reloader& reloader, Ending& ending) {
  for (;;) {
    pollfd fds[] = {{Signals(), POLLIN, 0}, {ending.fd(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[0].revents != 0) {
      signalfd_siginfo info;
      if (read(Signals(), &info, sizeof(info)) != sizeof(info)) continue;
      if (info.ssi_signo == SIGUSR1) {
        SayStats(server);
      } else if (info.ssi_signo == SIGUSR2) {
        SaveRecording(server, options.recording_file);
      } else if (info.ssi_signo == SIGHUP) {
        reloader.Ask();
      } else {
        ending.Set(kDone,
                   absl::StrCat(
                       "SIG", sigabbrev_np(static_cast<int>(info.ssi_signo))));
      }
    }
    if (WaitReadable(ending.fd(), absl::ZeroDuration())) return;
  }
}

ServiceNotice::Report ReportOf(const Stats& stats) {
  int live = 0;
  for (const PeerStats& peer : stats.peers()) {
    if (peer.state() == PeerStats::UP || peer.state() == PeerStats::SLOW) {
      ++live;
    }
  }
  ServiceNotice::Report report;
  // As /healthz has it. One that is closed is about to end.
  report.healthy =
      stats.closed() || stats.late_us() <= stats.failure_timeout_us();
  report.status = absl::StrCat("server ", stats.pid(), ": ", live, " of ",
                               stats.peers_size(), " peers live");
  return report;
}

// True if envelopes were left when the server ended. What was voided or skipped
// before has been said when it was.
bool SayWhatIsLeft(const Stats& stats) {
  bool left = false;
  for (const PeerStats& peer : stats.peers()) {
    const Ledger& ledger = peer.ledger();
    if (ledger.abandoned() + ledger.voided() + ledger.skipped() == 0) continue;
    Say(absl::StrCat("left for server ", peer.pid(), ": ", ledger.abandoned(),
                     " not known to be taken, ", ledger.voided(), " voided, ",
                     ledger.skipped(), " skipped"));
    left = left || ledger.abandoned() > 0;
  }
  return left;
}

}  // namespace

ExitCode RunSession(Server& server, const SessionOptions& options) {
  const RecordingOnFailure recording(server, options.recording_file);
  Ending ending;
  Printer printer(server, STDOUT_FILENO, ending);
  ServiceNotice notice([&server] { return ReportOf(server.stats()); });
  Reloader reloader(server, options.source,
                    [&notice](bool busy) { notice.Reloading(busy); });
  Commander commander(server, options, STDIN_FILENO, reloader, ending);
  Watch watch(server);
  if (!ending.ok() || !printer.ok() || !commander.ok() || !watch.ok() ||
      !reloader.ok()) {
    Say("no descriptor is left to run with; raise ulimit -n");
    return kFailed;
  }
  Thread printing;
  Thread commanding;
  Thread watching;
  Thread reloading;
  absl::Status started = StartThread([&] { printer.Run(); }, &printing);
  if (started.ok()) {
    started = StartThread([&] { commander.Run(); }, &commanding);
  }
  if (started.ok()) started = StartThread([&] { watch.Run(); }, &watching);
  if (started.ok()) started = notice.Start();
  if (started.ok()) started = StartThread([&] { reloader.Run(); }, &reloading);
  if (!started.ok()) ending.Set(kFailed, std::string(started.message()));

  WaitForEnd(server, options, reloader, ending);
  const Ending::Reason reason = ending.reason();
  Say(absl::StrCat("server ", server.pid(), " ends: ", reason.text));
  notice.Stopping();
  commander.Stop();
  watch.Stop();
  reloader.Stop();
  // Unblocks those that wait for the server. What it could not do is told per
  // peer below.
  server.Close(kDrain).IgnoreError();
  if (commanding.joinable()) commanding.join();
  if (watching.joinable()) watching.join();
  if (reloading.joinable()) reloading.join();
  if (printing.joinable()) {
    if (!WaitReadable(printer.done_fd(), kLastLines)) printer.GiveUp();
    printing.join();
  }

  bool left = SayWhatIsLeft(server.stats());
  if (commander.unsent() > 0) {
    Say(absl::StrCat(commander.unsent(), " lines were read and not sent"));
  }
  if (printer.unprinted() > 0) {
    Say(absl::StrCat(printer.unprinted(),
                     " envelopes were taken, not printed"));
    left = true;
  }
  return reason.code == kDone && left ? kLeft : reason.code;
}

}  // namespace raft_cluster::internal
