#include "raft/cmd/top/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace raft_cluster::internal {
namespace {

bool WriteAll(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(STDOUT_FILENO, text.data(), text.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return false;
    text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

bool SizeOf(winsize& size) {
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
         size.ws_row > 0;
}

}  // namespace

Terminal::Terminal() {
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
  if (is_screen_) WriteAll("\x1b[?1049h\x1b[?25l");
}

Terminal::~Terminal() {
  if (is_screen_) WriteAll("\x1b[?25h\x1b[?1049l");
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

bool Terminal::Show(const std::vector<std::string>& lines) {
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
  return WriteAll(out);
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
