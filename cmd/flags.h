// Sets a program's flags, which ABSL_FLAG() defines, from its command line.
// abseil's own ParseCommandLine() ends the process with 1 where something is
// wrong; here that is a Status, so that the program can answer with 2.
//
//   absl::StatusOr<CommandLine> line = ParseFlags(argc, argv);
//   if (!line.ok()) ...  // What is wrong, in words.
//   if (line->help) std::cout << ShowHelp(help);
//
// program.h has what all programs do with it.
//
// Thread rule: before the program starts threads.
#ifndef RAFT_CMD_FLAGS_H_
#define RAFT_CMD_FLAGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace raft_cluster::internal {

struct CommandLine {
  bool help = false;              // --help stood there, or -h.
  bool version = false;           // --version did.
  std::vector<std::string> rest;  // What is no flag.
};

// Reads `--name=value` and `--name value`, and for a bool `--name` alone; all
// after `--` is no flag.
// INVALID_ARGUMENT: an unknown flag, no value, or a value of the wrong kind.
absl::StatusOr<CommandLine> ParseFlags(int argc, char* argv[]);

// The program's flags, in columns, with their meaning and default, and those
// that every program has.
std::string FlagsHelp();

// Names and what they mean, in two columns, wrapped to 80 characters.
std::string Columns(
    const std::vector<std::pair<std::string, std::string>>& rows);

// What --help prints: these, and the flags.
struct Help {
  std::string name;   // "server"
  std::string usage;  // "Usage: server --pid=N [flags]\n"
  std::string about;  // What the program does, in lines.
  // Headings and rows, behind the flags: what can be typed, exit codes.
  std::vector<
      std::pair<std::string, std::vector<std::pair<std::string, std::string>>>>
      sections = {};
};
std::string ShowHelp(const Help& help);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_FLAGS_H_
