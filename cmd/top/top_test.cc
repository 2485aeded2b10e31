// The program in a terminal of tmux, 80 columns wide, and without any: servers
// that the test plays come and go.
// Usage: top_test PROGRAM

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cmd/top/testing_status_port.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr auto kUp = PeerStats::UP;

std::string* program;

struct Outcome {
  int exit_code = -1;
  std::string output;
};

Outcome Shell(const std::string& command) {
  Outcome outcome;
  FILE* const pipe =
      popen(absl::StrCat("{ ", command, "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), got);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

bool Eventually(const std::function<bool()>& holds) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!holds()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return true;
}

class InTmux : public testing::Test {
 protected:
  void SetUp() override {
    if (Shell("tmux -V").exit_code != 0) GTEST_SKIP() << "no tmux here";
    // The path of a socket has 107 characters at most.
    char folder[] = "/tmp/raft-top-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  void TearDown() override {
    if (folder_.empty()) return;
    Tmux("kill-server");
    unlink((folder_ + "/socket").c_str());
    rmdir(folder_.c_str());
  }

  Outcome Tmux(const std::string& command) const {
    return Shell(
        absl::StrCat("tmux -S '", folder_, "/socket' -f /dev/null ", command));
  }
  // Runs it with these arguments; its exit code is printed behind its end.
  void Start(const std::string& arguments) const {
    const Outcome started = Tmux(
        absl::StrCat("new-session -d -x 80 -y 24 \"PS1=; '", *program, "' ",
                     arguments, "; echo ended with \\$?; read -r line\""));
    ASSERT_EQ(started.exit_code, 0) << started.output;
  }
  std::string Screen() const { return Tmux("capture-pane -p").output; }
  bool Shows(const std::string& text) const {
    return Eventually([&] { return absl::StrContains(Screen(), text); });
  }

  std::string folder_;
};

TEST_F(InTmux, ShowsServersThatComeAndGoAndEndsAtQ) {
  auto one = std::make_unique<StatusPort>();
  StatusPort two;
  Stats stats = StatsOf(1, {kUp, kUp, PeerStats::SILENT});
  stats.mutable_peers(1)->set_reason(std::string(200, 'x'));
  one->Answer(stats);
  two.Answer(StatsOf(2, {kUp, kUp, kUp}));
  Start(absl::StrCat("--interval=50ms ", one->url(), " ", two.url()));
  ASSERT_TRUE(Shows("      1    -   up  SIL\n      2   up    -   up"))
      << Screen();
  EXPECT_TRUE(Shows("2 of 2 servers answer, 1 in trouble")) << Screen();
  EXPECT_TRUE(Shows("1 -> 3  SILENT: xxxx")) << Screen();
  // A line too long would have made all below it wrong.
  for (absl::string_view line : absl::StrSplit(Screen(), '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }

  one.reset();
  EXPECT_TRUE(Shows("      1  nobody listens there")) << Screen();
  two.Answer(StatsOf(2, {PeerStats::DOWN, kUp, kUp}));
  EXPECT_TRUE(Shows("      2 DOWN    -   up")) << Screen();
  two.Answer(StatsOf(2, {kUp, kUp, kUp}));
  EXPECT_TRUE(Shows("      2   up    -   up")) << Screen();

  Tmux("send-keys q");
  EXPECT_TRUE(Shows("ended with 0")) << Screen();
  EXPECT_THAT(Screen(), Not(HasSubstr("hears"))) << "the screen is as before";
}

TEST_F(InTmux, FollowsItsConfig) {
  StatusPort one, two;
  one.Answer(StatsOf(1, {kUp, kUp}));
  two.Answer(StatsOf(2, {kUp, kUp}));
  const auto entry = [](int pid, const StatusPort& port) {
    return absl::StrCat(R"({"mypid": )", pid, R"(, "url": "127.0.0.1:)",
                        10000 + pid, R"(", "status": ")",
                        absl::StripPrefix(port.url(), "http://"), R"("})");
  };
  const std::string path =
      absl::StrCat(std::getenv("TEST_TMPDIR"), "/followed.json");
  const auto write = [&path](int total, const std::string& entries) {
    std::ofstream(path + ".new") << R"({"object": {"total": )" << total
                                 << R"(, "Servers": [)" << entries << "]}}";
    ASSERT_EQ(rename((path + ".new").c_str(), path.c_str()), 0);
  };
  write(1, entry(1, one));
  Start(absl::StrCat("--interval=50ms --config=", path));
  ASSERT_TRUE(Shows("1 of 1 servers answer")) << Screen();
  write(2, entry(1, one) + ", " + entry(2, two));
  EXPECT_TRUE(Shows("2 of 2 servers answer")) << Screen();
  write(1, entry(2, two));
  EXPECT_TRUE(Shows("1 of 1 servers answer")) << Screen();
  // Wrong, it stays as it was.
  write(7, entry(1, one) + ", " + entry(2, two));
  two.Answer(StatsOf(2, {PeerStats::DOWN, kUp}));
  EXPECT_TRUE(Shows("      2 DOWN    -")) << Screen();
  EXPECT_TRUE(Shows("1 of 1 servers answer")) << Screen();
  Tmux("send-keys q");
  EXPECT_TRUE(Shows("ended with 0")) << Screen();
}

TEST_F(InTmux, EndsAtControlCWhileNobodyAnswers) {
  const StatusPort hanging;
  Start(hanging.url());
  ASSERT_TRUE(Shows("0 of 1 servers answer")) << Screen();
  Tmux("send-keys C-c");
  EXPECT_TRUE(Shows("ended with 0")) << Screen();
}

// By Ctrl-S, with a screen under way.
TEST_F(InTmux, EndsAtASignalInATerminalThatIsStopped) {
  StatusPort one;
  one.Answer(StatsOf(1, {kUp, kUp}));
  Start(absl::StrCat("--interval=10ms ", one.url()));
  ASSERT_TRUE(Shows("1 of 1 servers answer")) << Screen();
  const std::string panes =
      Tmux("list-panes -F '#{pane_pid}' | xargs pgrep -P").output;
  const std::string pid(absl::StripAsciiWhitespace(panes));
  ASSERT_NE(pid, "");
  Tmux("send-keys C-s");
  // Stopped: what it shows has the time, and changes no more.
  ASSERT_TRUE(Eventually([&] {
    const std::string before = Screen();
    absl::SleepFor(absl::Seconds(1.5));
    return before == Screen();
  }));
  ASSERT_EQ(Shell("kill -TERM " + pid).exit_code, 0);
  EXPECT_TRUE(Shows("ended with 0")) << Screen();
  EXPECT_THAT(Screen(), Not(HasSubstr("hears"))) << "the screen is as before";
}

TEST_F(InTmux, FitsIntoAWindowThatIsMadeSmall) {
  StatusPort one;
  one.Answer(StatsOf(1, std::vector<PeerStats::State>(30, kUp)));
  Start(absl::StrCat("--interval=50ms ", one.url()));
  ASSERT_TRUE(Shows("hears")) << Screen();
  Tmux("resize-window -x 40 -y 6");
  ASSERT_TRUE(Shows("hears    1    2    3    4    5    6\n")) << Screen();
  Tmux("send-keys q");
  EXPECT_TRUE(Shows("ended with 0")) << Screen();
}

TEST(Top, PrintsOnceWithoutATerminal) {
  StatusPort one;
  one.Answer(StatsOf(1, {kUp, kUp, PeerStats::DOWN}));
  const std::string command =
      absl::StrCat("'", *program, "' --once --interval=10ms ", one.url());
  const Outcome table = Shell(command);
  EXPECT_EQ(table.exit_code, 0) << table.output;
  EXPECT_THAT(table.output, HasSubstr("      1    -   up DOWN\n"));
  EXPECT_THAT(table.output, Not(HasSubstr("\x1b")));

  const Outcome json = Shell(absl::StrCat(command, " --format=json"));
  EXPECT_EQ(json.exit_code, 0) << json.output;
  EXPECT_THAT(json.output, HasSubstr("\"state\":\"DOWN\""));
  EXPECT_EQ(json.output.find('\n'), json.output.size() - 1);
}

// Its stdout is a pipe that is full.
TEST(Top, EndsAtASignalWhileNobodyReadsWhatItSays) {
  StatusPort one;
  // So many lines that each write fills what room there is.
  one.Answer(StatsOf(1, std::vector<PeerStats::State>(500, PeerStats::DOWN)));
  for (const std::string format : {"--format=table", "--format=json"}) {
    for (const int signal : {SIGTERM, SIGINT}) {
      int out[2];
      ASSERT_EQ(pipe(out), 0);
      const int room = fcntl(out[1], F_SETPIPE_SZ, 4096);
      const std::string url(one.url());
      const pid_t pid = fork();
      if (pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        execl(program->c_str(), "top", "--interval=10ms", format.c_str(),
              url.c_str(), nullptr);
        _exit(127);
      }
      EXPECT_TRUE(Eventually([&] {
        int held = 0;
        return ioctl(out[0], FIONREAD, &held) == 0 && held == room;
      }));
      kill(pid, signal);
      int status = 0;
      EXPECT_TRUE(Eventually([&] {
        return waitpid(pid, &status, WNOHANG) != 0;
      })) << format;
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
      close(out[0]);
      close(out[1]);
    }
  }
}

TEST(Top, FailsOnceWhereNobodyAnswers) {
  std::string gone;
  {
    const StatusPort port;
    gone = port.url();
  }
  const Outcome outcome =
      Shell(absl::StrCat("'", *program, "' --once --interval=10ms ", gone));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("nobody listens there"));
}

TEST(Top, ReadsTheStatusPortsOfAConfig) {
  StatusPort one;
  one.Answer(StatsOf(1, {}));
  const std::string path =
      absl::StrCat(std::getenv("TEST_TMPDIR"), "/config.json");
  const std::string address(one.url().substr(sizeof("http://") - 1));
  std::ofstream(path) << R"({"object": {"total": 2, "Servers": [
      {"mypid": 1, "url": "127.0.0.1:10001", "status": ")"
                      << address << R"("},
      {"mypid": 2, "url": "127.0.0.1:10002"}]}})";
  const Outcome outcome = Shell(absl::StrCat(
      "'", *program, "' --once --interval=10ms --config='", path, "'"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("1 of 1 servers answer, all is well"));
}

TEST(Top, ExplainsItself) {
  const std::string quoted = absl::StrCat("'", *program, "'");
  const Outcome help = Shell(quoted + " --help");
  EXPECT_EQ(help.exit_code, 0) << help.output;
  EXPECT_THAT(help.output, HasSubstr("Exit codes:\n"));
  EXPECT_THAT(help.output, HasSubstr("--replay"));
  const Outcome version = Shell(quoted + " --version");
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, testing::StartsWith("top (raft) "));
  EXPECT_EQ(Shell(quoted + " --help >/dev/full").exit_code, 1);
}

TEST(Top, SaysWhatIsWrongWithItsCommandLine) {
  for (const char* arguments :
       {"", "--format=xml one:1", "--interval=0 one:1", "--no_such_flag",
        "--config=/no/such/file", "--replay=/no/such/file"}) {
    const Outcome outcome = Shell(absl::StrCat("'", *program, "' ", arguments));
    EXPECT_EQ(outcome.exit_code, 2) << arguments << ": " << outcome.output;
    EXPECT_NE(outcome.output, "") << arguments;
  }
}

}  // namespace
}  // namespace raft_cluster::internal

int main(int argc, char* argv[]) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) return 2;
  char path[PATH_MAX];
  if (realpath(argv[1], path) == nullptr) return 2;
  raft_cluster::internal::program = new std::string(path);
  return RUN_ALL_TESTS();
}
