// The page that the status port shows, as status/page.html has it.
//
// Thread rule: a function of nothing.
#ifndef RAFT_STATUS_PAGE_H_
#define RAFT_STATUS_PAGE_H_

#include "absl/strings/string_view.h"

namespace raft_cluster::internal {

absl::string_view Page();

}  // namespace raft_cluster::internal

#endif  // RAFT_STATUS_PAGE_H_
