#include "raft/transport/stream/tls/pin.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {

absl::Status CheckTlsKey(absl::string_view key) {
  absl::string_view digits = key;
  // One spelling, so that two of one key are not taken for two.
  if (absl::ConsumePrefix(&digits, tls::kPinPrefix) &&
      digits.size() == tls::kPinDigits &&
      digits.find_first_not_of("0123456789abcdef") == absl::string_view::npos) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", absl::CHexEscape(key), "\" is no key of tls://, \"",
      tls::kPinPrefix, "\" and ", tls::kPinDigits,
      " lower-case hexadecimal digits, as `keygen --tls` prints them"));
}

}  // namespace raft_cluster::internal
