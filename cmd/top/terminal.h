// A terminal that shows one screen after the other, and gives single keys.
//
//   Terminal terminal(&output);    // Nothing changes where there is none.
//   terminal.Show(lines);
//   if (terminal.ReadKey() == 'q') ...
//
// What was on the terminal before is there again when it is destroyed.
//
// Thread rule: one thread, and one terminal in a process.
#ifndef RAFT_CMD_TOP_TERMINAL_H_
#define RAFT_CMD_TOP_TERMINAL_H_

#include <termios.h>

#include <string>
#include <vector>

#include "raft/cmd/top/output.h"

namespace raft_cluster::internal {

class Terminal {
 public:
  // `output` is that of stdout, and outlives it.
  explicit Terminal(Output* output);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // stdout is one, and it knows more than to print.
  bool is_screen() const { return is_screen_; }
  // As the terminal's owner wants it: not with $NO_COLOR.
  bool has_colours() const;
  // As it is now; 80 columns and no end of rows where there is none.
  int columns() const;
  int rows() const;

  // In the place of the last ones; where there is no screen, below them.
  Output::Outcome Show(const std::vector<std::string>& lines);

  // To be polled for keys; -1 where nobody can press any.
  int key_fd() const { return has_keys_ ? 0 : -1; }
  // One that was pressed; 0 if none was.
  char ReadKey();

 private:
  Output& output_;
  bool is_screen_ = false;
  bool has_keys_ = false;
  bool shown_ = false;
  termios before_ = {};
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_TERMINAL_H_
