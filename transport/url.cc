#include "raft/transport/url.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster {
namespace {

// `"text"` as it was written, with what cannot be printed made visible.
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (absl::ascii_isprint(c)) {
      quoted += c;
    } else {
      const char* hex = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      absl::StrAppend(&quoted, "\\x", std::string(1, hex[byte >> 4]),
                      std::string(1, hex[byte & 15]));
    }
  }
  return quoted + "\"";
}

std::string Printable(absl::string_view value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return absl::ascii_isgraph(c) != 0;
  });
  return plain ? std::string(value) : Quoted(value);
}

}  // namespace

namespace internal {

bool IsScheme(absl::string_view text) {
  return !text.empty() && absl::ascii_islower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
                  c == '+' || c == '-' || c == '.';
         });
}

}  // namespace internal

std::string Url::ToString() const {
  return absl::StrCat(scheme, "://", address);
}

absl::StatusOr<Url> ParseUrl(absl::string_view text) {
  Url url;
  url.text = std::string(text);
  const size_t colon = text.find("://");
  if (colon == absl::string_view::npos) {
    url.scheme = "tcp";
    url.address = url.text;
  } else {
    // Schemes have no case (RFC 3986, 3.1); what stands behind is the
    // carrier's.
    url.scheme = absl::AsciiStrToLower(text.substr(0, colon));
    url.address = std::string(text.substr(colon + 3));
  }
  if (!internal::IsScheme(url.scheme)) {
    return UrlError(url, "scheme", url.scheme,
                    "is not a letter, then letters, digits, '+', '-' or '.'");
  }
  if (url.address.empty()) {
    return UrlError(url, "the address", "",
                    "is empty; write host:port or scheme://address");
  }
  return url;
}

absl::Status UrlError(const Url& url, absl::string_view part,
                      absl::string_view value, absl::string_view what) {
  const std::string text = url.text.empty() ? url.ToString() : url.text;
  // An empty or a whole value would only repeat the text.
  const bool shown = !value.empty() && value != text;
  return absl::InvalidArgumentError(
      absl::StrCat(part, shown ? " " : "", shown ? Printable(value) : "",
                   " of ", Quoted(text), " ", what));
}

}  // namespace raft_cluster
