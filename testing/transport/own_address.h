// An IPv4 loopback address for this process alone: a port that one test has
// given back is not taken by another one that runs beside it.
#ifndef RAFT_TESTING_TRANSPORT_OWN_ADDRESS_H_
#define RAFT_TESTING_TRANSPORT_OWN_ADDRESS_H_

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {

// "127.a.b.c". `number`: 0 or 1, for those who need two.
inline std::string OwnAddress(int number = 0) {
  const int pid = getpid();
  return absl::StrCat("127.", 1 + number * 125 + pid / 62500 % 125, ".",
                      1 + pid / 250 % 250, ".", 1 + pid % 250);
}

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_TRANSPORT_OWN_ADDRESS_H_
