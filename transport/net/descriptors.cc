#include "raft/transport/net/descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "raft/base/mutex.h"

namespace raft_cluster::internal {
namespace {

// Of all transports of this process.
struct Account {
  Mutex mu;
  int pledged ABSL_GUARDED_BY(mu) = 0;
  int held ABSL_GUARDED_BY(mu) = 0;  // Of those, open.
};

Account& TheAccount() {
  static auto* const account = new Account;  // Outlives every transport.
  return *account;
}

int Limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return INT_MAX;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX));
}

// One by one, where /proc is not there to be read, or no descriptor to read it
// with. Nobody has that many.
int CountOneByOne(int limit) {
  constexpr int kMost = 65536;
  int count = 0;
  for (int fd = 0; fd < std::min(limit, kMost); ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

int CountOpen(int limit) {
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return CountOneByOne(limit);
  int entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries - 3;  // ".", ".." and the folder itself.
}

}  // namespace

DescriptorPledge::DescriptorPledge(const Needs& needs)
    : each_(needs.each), pledged_(needs.base + needs.each * needs.peers) {}

absl::StatusOr<std::unique_ptr<DescriptorPledge>> DescriptorPledge::Make(
    const Needs& needs) {
  const int limit = Limit();
  auto pledge = absl::WrapUnique(new DescriptorPledge(needs));
  Account& account = TheAccount();
  // Held from the count to the promise: of two servers that start at once only
  // one may have the last descriptors.
  MutexLock lock(account.mu);
  const int promised = account.pledged - account.held;
  const int left = limit - CountOpen(limit) - std::max(promised, 0);
  if (pledge->pledged_ + kSpare > left) {
    pledge->pledged_ = 0;  // Nothing was.
    return absl::ResourceExhaustedError(absl::StrCat(
        "too few descriptors: ", needs.base + needs.each * needs.peers + kSpare,
        " are wanted with ", needs.peers, needs.peers == 1 ? " peer" : " peers",
        ", but of the ", limit, " that this process may open only ",
        std::max(left, 0), " are left; raise ulimit -n"));
  }
  account.pledged += pledge->pledged_;
  return pledge;
}

DescriptorPledge::~DescriptorPledge() {
  Account& account = TheAccount();
  MutexLock lock(account.mu);
  account.pledged -= pledged_;
  account.held -= std::min(held_, pledged_);
}

void DescriptorPledge::Hold(int change) {
  Account& account = TheAccount();
  MutexLock lock(account.mu);
  // What is held beyond the pledge (strangers call, too) makes good for none of
  // what others were promised.
  account.held -= std::min(held_, pledged_);
  held_ += change;
  account.held += std::min(held_, pledged_);
}

void DescriptorPledge::AddPeer() {
  Account& account = TheAccount();
  MutexLock lock(account.mu);
  account.held -= std::min(held_, pledged_);
  account.pledged += each_;
  pledged_ += each_;
  account.held += std::min(held_, pledged_);
}

absl::Status ProbeDescriptors(int count) {
  std::vector<int> fds;
  int error = 0;
  while (static_cast<int>(fds.size()) < count && error == 0) {
    // Copies of one: what counts is the number.
    const int fd = fds.empty() ? eventfd(0, EFD_CLOEXEC)
                               : fcntl(fds.front(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
      error = errno;
    } else {
      fds.push_back(fd);
    }
  }
  for (const int fd : fds) close(fd);
  return error == 0 ? absl::OkStatus() : DescriptorError(error);
}

absl::Status DescriptorError(int error) {
  if (error == EMFILE || error == ENFILE) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "no descriptor is left (", std::strerror(error), "); raise ",
        error == EMFILE ? "ulimit -n" : "/proc/sys/fs/file-max"));
  }
  return absl::UnavailableError(std::strerror(error));
}

}  // namespace raft_cluster::internal
