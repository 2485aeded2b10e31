#include "raft/cmd/flags.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

// The flags by name.
std::map<std::string, absl::CommandLineFlag*> Flags() {
  std::map<std::string, absl::CommandLineFlag*> flags;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    flags.emplace(std::string(name), flag);
  }
  return flags;
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
      return absl::InvalidArgumentError(error);
    }
  }
  return line;
}

std::string FlagsHelp() {
  std::string help;
  for (const auto& [name, flag] : Flags()) {
    absl::StrAppendFormat(&help, "  --%-14s%s (default: \"%s\")\n", name,
                          flag->Help(), flag->DefaultValue());
  }
  return help;
}

}  // namespace raft_cluster::internal
