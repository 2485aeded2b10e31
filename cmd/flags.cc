#include "raft/cmd/flags.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMinNameWidth = 14;

// A blank at which no line ends.
constexpr char kKept = '\x1f';

// The flags by name.
std::map<std::string, absl::CommandLineFlag*> Flags() {
  std::map<std::string, absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    flags.emplace(std::string(name), flag);
  }
  return flags;
}

// Where a time has no unit, which people leave out: what it has to be.
std::string DurationHint(const absl::CommandLineFlag& flag,
                         absl::string_view value) {
  double number = 0;
  if (!flag.IsOfType<absl::Duration>()) return "";
  return absl::StrCat("; a time has a unit, such as ",
                      absl::SimpleAtod(value, &number) ? value : "5", "s");
}

// `text` in lines of at most `width`, the later ones indented by `indent`.
std::string Wrapped(absl::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t used = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (used > 0 && used + 1 + word.size() > width) {
      absl::StrAppend(&out, "\n", std::string(indent, ' '));
      used = 0;
    }
    if (used > 0) out += ' ';
    absl::StrAppend(&out, word);
    used += word.size() + 1;
  }
  return out;
}

}  // namespace

absl::StatusOr<CommandLine> ParseFlags(int argc, char* argv[]) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (argument == "--") {
      line.rest.insert(line.rest.end(), argv + i + 1, argv + argc);
      break;
    }
    if (argument == "--help" || argument == "-h") {
      line.help = true;
      continue;
    }
    if (argument == "--version") {
      line.version = true;
      continue;
    }
    if (!absl::ConsumePrefix(&argument, "--")) {
      line.rest.emplace_back(argument);
      continue;
    }
    const size_t equals = argument.find('=');
    const absl::string_view name = argument.substr(0, equals);
    absl::CommandLineFlag* const flag = absl::FindCommandLineFlag(name);
    if (flag == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("unknown flag --", name));
    }
    absl::string_view value;
    if (equals != absl::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (flag->IsOfType<bool>()) {
      value = "true";
    } else if (i + 1 < argc) {
      value = argv[++i];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("flag --", name, " needs a value"));
    }
    std::string error;
    if (!flag->ParseFrom(value, &error)) {
      return absl::InvalidArgumentError(
          absl::StrCat(error, DurationHint(*flag, value)));
    }
  }
  return line;
}

std::string Columns(
    const std::vector<std::pair<std::string, std::string>>& rows) {
  constexpr size_t kLine = 80;
  size_t width = kMinNameWidth;
  for (const auto& [name, text] : rows) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, text] : rows) {
    absl::StrAppendFormat(&out, "  %-*s  %s\n", static_cast<int>(width), name,
                          Wrapped(text, kLine - width - 4, width + 4));
  }
  std::replace(out.begin(), out.end(), kKept, ' ');
  return out;
}

std::string FlagsHelp() {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& [name, flag] : Flags()) {
    std::string by_default =
        absl::StrCat("(default: \"", flag->DefaultValue(), "\")");
    std::replace(by_default.begin(), by_default.end(), ' ', kKept);
    rows.emplace_back(absl::StrCat("--", name),
                      absl::StrCat(flag->Help(), " ", by_default));
  }
  rows.emplace_back("--help", "this");
  rows.emplace_back("--version", "the version of the library it is made with");
  return Columns(rows);
}

std::string ShowHelp(const Help& help) {
  std::string out =
      absl::StrCat(help.usage, help.about, "\nFlags:\n", FlagsHelp());
  for (const auto& [heading, rows] : help.sections) {
    absl::StrAppend(&out, "\n", heading, ":\n", Columns(rows));
  }
  return out;
}

}  // namespace raft_cluster::internal
