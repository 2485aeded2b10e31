#include "raft/transport/registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raft_cluster {

absl::Status Registry::Register(absl::string_view scheme, Opener opener,
                                UrlParser parser, KeyChecker key_checker) {
  if (Knows(scheme)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "cannot register \"", scheme,
        "\": another transport has it already; Replace() takes its place"));
  }
  return Replace(scheme, std::move(opener), std::move(parser),
                 std::move(key_checker));
}

absl::Status Registry::Replace(absl::string_view scheme, Opener opener,
                               UrlParser parser, KeyChecker key_checker) {
  if (!internal::IsScheme(scheme)) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot register \"", scheme,
                     "\": not a lower-case letter, then lower-case letters, "
                     "digits, '+', '-' or '.'"));
  }
  if (!opener) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot register \"", scheme, "\": the opener is empty"));
  }
  carriers_[std::string(scheme)] = {std::move(opener), std::move(parser),
                                    std::move(key_checker)};
  return absl::OkStatus();
}

absl::StatusOr<ParsedUrl> Registry::Parse(absl::string_view text) const {
  absl::StatusOr<Url> url = ParseUrl(text);
  if (!url.ok()) return url.status();
  const auto found = carriers_.find(url->scheme);
  if (found == carriers_.end()) {
    return UrlError(
        *url, "scheme", url->scheme,
        carriers_.empty()
            ? "has no transport: none is registered"
            : absl::StrCat("has no transport; there are transports for ",
                           absl::StrJoin(schemes(), ", "), " only"));
  }
  // A carrier without a parser takes any address, and says when it opens what
  // it does not like.
  if (found->second.parser) return found->second.parser(*url);
  return ParsedUrl{*std::move(url), /*wildcard=*/false};
}

absl::Status Registry::CheckKey(absl::string_view scheme,
                                absl::string_view key) const {
  const auto found = carriers_.find(scheme);
  if (found == carriers_.end() || !found->second.key_checker) {
    return absl::OkStatus();
  }
  return found->second.key_checker(key);
}

absl::StatusOr<std::unique_ptr<Transport>> Registry::Open(
    const TransportSpec& spec) const {
  const auto found = carriers_.find(spec.url.scheme);
  if (found == carriers_.end()) {
    return absl::NotFoundError(absl::StrCat(
        "no transport for \"", spec.url.ToString(), "\": the scheme is not ",
        carriers_.empty()
            ? "registered (none is)"
            : absl::StrCat("one of ", absl::StrJoin(schemes(), ", "))));
  }
  return found->second.opener(spec);
}

bool Registry::Knows(absl::string_view scheme) const {
  return carriers_.find(scheme) != carriers_.end();
}

std::vector<std::string> Registry::schemes() const {
  std::vector<std::string> schemes;
  for (const auto& entry : carriers_) schemes.push_back(entry.first);
  return schemes;
}

}  // namespace raft_cluster
