#include "raft/cmd/top/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {
namespace {

// A terminal that is stopped keeps nobody from ending.
constexpr absl::Duration kPatience = absl::Milliseconds(200);

bool SizeOf(winsize& size) {
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
         size.ws_row > 0;
}

}  // namespace

Terminal::Terminal(Output* output) : output_(*output) {
  const char* const kind = std::getenv("TERM");
  is_screen_ = isatty(STDOUT_FILENO) != 0 && kind != nullptr &&
               std::strcmp(kind, "dumb") != 0;
  // In the background keys are somebody else's.
  if (is_screen_ && isatty(STDIN_FILENO) != 0 &&
      tcgetpgrp(STDIN_FILENO) == getpgrp() &&
      tcgetattr(STDIN_FILENO, &before_) == 0) {
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    // A stopped program would leave the terminal like this.
    raw.c_cc[VSUSP] = _POSIX_VDISABLE;
    has_keys_ = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
  }
  // The other screen, and no cursor on it.
  if (is_screen_) output_.Write("\x1b[?1049h\x1b[?25l", kPatience);
}

Terminal::~Terminal() {
  if (is_screen_) {
    // Goes on if Ctrl-S has stopped it, which is as if it were stopped here.
    if (has_keys_) {
      tcflow(STDOUT_FILENO, TCOOFF);
      tcflow(STDOUT_FILENO, TCOON);
    }
    output_.Write("\x1b[?25h\x1b[?1049l", kPatience);
  }
  if (has_keys_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

bool Terminal::has_colours() const {
  const char* const no = std::getenv("NO_COLOR");
  return is_screen_ && (no == nullptr || *no == '\0');
}

int Terminal::columns() const {
  winsize size;
  return SizeOf(size) ? size.ws_col : 80;
}

int Terminal::rows() const {
  winsize size;
  return is_screen_ && SizeOf(size) ? size.ws_row : 0;
}

Output::Outcome Terminal::Show(const std::vector<std::string>& lines) {
  std::string out;
  if (is_screen_) {
    out = "\x1b[H";
    for (size_t i = 0; i < lines.size(); ++i) {
      // None after the last: the screen would roll up.
      absl::StrAppend(&out, i == 0 ? "" : "\r\n", lines[i], "\x1b[K");
    }
    absl::StrAppend(&out, "\x1b[J");
  } else {
    if (shown_) out = "\n";
    for (const std::string& line : lines) absl::StrAppend(&out, line, "\n");
  }
  shown_ = true;
  return output_.Write(out);
}

char Terminal::ReadKey() {
  if (!has_keys_) return 0;
  pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}};
  if (poll(fds, 1, 0) <= 0) return 0;
  char key = 0;
  const ssize_t size = read(STDIN_FILENO, &key, 1);
  // A terminal that is gone is one at which nobody looks.
  return size == 1 ? key : (size == 0 || errno != EINTR) ? 'q' : 0;
}

}  // namespace raft_cluster::internal
