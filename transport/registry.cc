#include "raft/transport/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raft_cluster {
namespace {

bool IsScheme(absl::string_view text) {
  return !text.empty() && absl::ascii_islower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '+' || c == '-' || c == '.';
         });
}

}  // namespace

absl::Status Registry::Register(absl::string_view scheme, Opener opener) {
  if (Knows(scheme)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "cannot register \"", scheme,
        "\": another transport has it already; Replace() takes its place"));
  }
  return Replace(scheme, std::move(opener));
}

absl::Status Registry::Replace(absl::string_view scheme, Opener opener) {
  if (!IsScheme(scheme)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot register \"", scheme,
                     "\": not a lower-case letter, then lower-case letters, "
                     "digits, '+', '-' or '.'"));
  }
  if (!opener) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot register \"", scheme, "\": the opener is empty"));
  }
  openers_[std::string(scheme)] = std::move(opener);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Transport>> Registry::Open(
    const TransportSpec& spec) const {
  const auto found = openers_.find(spec.url.scheme);
  if (found == openers_.end()) {
    return absl::NotFoundError(absl::StrCat(
        "no transport for \"", spec.url.ToString(), "\": the scheme is not ",
        openers_.empty()
            ? "registered (none is)"
            : absl::StrCat("one of ", absl::StrJoin(schemes(), ", "))));
  }
  return found->second(spec);
}

bool Registry::Knows(absl::string_view scheme) const {
  return openers_.find(scheme) != openers_.end();
}

std::vector<std::string> Registry::schemes() const {
  std::vector<std::string> schemes;
  for (const auto& entry : openers_) schemes.push_back(entry.first);
  return schemes;
}

}  // namespace raft_cluster
