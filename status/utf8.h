// Text as others want to have it: Prometheus refuses a whole scrape for one
// byte that is not UTF-8.
//
// Thread rule: functions of values.
#ifndef RAFT_STATUS_UTF8_H_
#define RAFT_STATUS_UTF8_H_

#include <string>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

// `text`, with a "?" in place of each byte that is no part of valid UTF-8.
std::string ValidUtf8(absl::string_view text);

}  // namespace raft_cluster::internal

#endif  // RAFT_STATUS_UTF8_H_
