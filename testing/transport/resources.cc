#include "raft/testing/transport/resources.h"

#include <dirent.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/base/config.h"

namespace raft_cluster::internal {
namespace {

// What the links of the open descriptors say, such as "socket:[4711]".
std::multiset<std::string> DescriptorTargets() {
  std::multiset<std::string> targets;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return targets;
  while (const dirent* entry = readdir(folder)) {
    const std::string path = std::string("/proc/self/fd/") + entry->d_name;
    char target[256];
    const ssize_t size = readlink(path.c_str(), target, sizeof(target));
    if (size > 0) targets.emplace(target, static_cast<size_t>(size));
  }
  closedir(folder);
  return targets;
}

}  // namespace

int OpenDescriptors() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (folder != nullptr && readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

int ListeningTcpSockets() {
  constexpr char kListening[] = "0A";
  const std::multiset<std::string> ours = DescriptorTargets();
  int count = 0;
  // Of the whole network namespace; a row says: number, local address, remote
  // address, state, queues, timer, retransmissions, user, timeout, inode.
  for (const char* table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream rows(table);
    for (std::string row; std::getline(rows, row);) {
      std::istringstream words(row);
      std::string number, local, remote, state, skipped, inode;
      words >> number >> local >> remote >> state;
      for (int word = 0; word < 5; ++word) words >> skipped;
      words >> inode;
      if (state == kListening && ours.count("socket:[" + inode + "]") > 0) {
        ++count;
      }
    }
  }
  return count;
}

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total_pages = 0;
  size_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

bool MemoryIsInstrumented() {
#if defined(ABSL_HAVE_ADDRESS_SANITIZER) || defined(ABSL_HAVE_THREAD_SANITIZER)
  return true;
#else
  return false;
#endif
}

}  // namespace raft_cluster::internal
