// A cluster whose servers are replaced one by one by another build, this one or
// the one that was released before, while all of them talk.
#include <signal.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kThis[] = "cmd/server";
constexpr char kReleased[] = "testing/released/server";
constexpr int kServers = 3;
constexpr int kLines = 300;  // That each says to all at a time.

class Upgrade : public testing::Test {
 protected:
  void Start(int pid, const std::string& build) {
    servers_[pid] = cluster_.StartBuild(build, pid, {"--message="});
    ASSERT_TRUE(servers_[pid]->WaitForError("listens on", kPatience));
    for (int peer = 1; peer <= kServers; ++peer) {
      if (peer == pid || servers_.count(peer) == 0) continue;
      ASSERT_TRUE(servers_[pid]->WaitForError(
          absl::StrCat("server ", peer, " is up"), kPatience))
          << servers_[pid]->errors();
    }
  }
  // It is there at once, and may be under way for long.
  void SayMore(int pid) {
    std::string text;
    for (int i = 0; i < kLines; ++i) absl::StrAppend(&text, ++said_[pid], "\n");
    ASSERT_TRUE(servers_[pid]->Write(text, kPatience));
  }
  // What it has read so far is accepted.
  void WaitUntilAccepted(int pid) {
    const std::string mark = absl::StrCat("/mark", ++marks_);
    ASSERT_TRUE(servers_[pid]->Write(mark + "\n", kPatience));
    ASSERT_TRUE(servers_[pid]->WaitForError(mark, kPatience));
  }
  void Take(int pid) {
    for (const std::string& line : servers_[pid]->TakeLines()) Note(pid, line);
  }
  // "1 -> 2: 17"
  void Note(int pid, const std::string& line) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    int from = 0;
    int number = 0;
    ASSERT_TRUE(words.size() == 4 && absl::SimpleAtoi(words[0], &from) &&
                absl::SimpleAtoi(words[3], &number))
        << line;
    // A life may take again what the one before took last, and leaves nothing
    // out.
    int& next = next_[{from, pid}];
    EXPECT_LE(number, next + 1) << "from " << from << " to " << pid;
    int& last = last_of_life_[{from, pid}];
    EXPECT_EQ(number, last == 0 ? number : last + 1);
    last = number;
    next = std::max(next, number);
  }
  void End(int pid) {
    Process& server = *servers_[pid];
    server.Signal(SIGTERM);
    EXPECT_EQ(server.WaitForExit(kPatience), 0) << server.errors();
    Take(pid);
    // One that is not there just now is no event of the upgrade.
    const std::string told = absl::StrReplaceAll(
        server.errors(), {{"connection refused", "nobody there"}});
    for (const char* what :
         {"voided", "skipped", "refused", "not sent", "down", "differ"}) {
      EXPECT_THAT(told, Not(HasSubstr(what))) << "of " << pid;
    }
    for (int from = 1; from <= kServers; ++from)
      last_of_life_.erase({from, pid});
    servers_.erase(pid);
  }
  // Under way from everybody to everybody, also to the one that is replaced.
  void Replace(int pid, const std::string& build) {
    for (int each = 1; each <= kServers; ++each) SayMore(each);
    for (int each = 1; each <= kServers; ++each) WaitUntilAccepted(each);
    End(pid);
    for (int each = 1; each <= kServers; ++each) {
      if (each != pid) SayMore(each);
    }
    Start(pid, build);
    for (auto& [each, server] : servers_) Take(each);
  }
  // Until all that was said has come to all.
  void Settle() {
    for (auto& [pid, server] : servers_) {
      for (int from = 1; from <= kServers; ++from) {
        while (from != pid && next_[{from, pid}] < said_[from]) {
          const auto line = server->ReadLine(kPatience);
          ASSERT_TRUE(line.has_value())
              << pid << " has " << next_[{from, pid}] << " of " << said_[from]
              << " of " << from << "\n"
              << server->errors();
          Note(pid, *line);
        }
      }
    }
  }
  void ReplaceAll(const std::string& before, const std::string& after) {
    for (int pid = 1; pid <= kServers; ++pid) Start(pid, before);
    for (int pid = 1; pid <= kServers; ++pid) Replace(pid, after);
    for (int pid = kServers; pid >= 1; --pid) Replace(pid, before);
    Settle();
    for (int pid = 1; pid <= kServers; ++pid) End(pid);
  }

 private:
  const ProgramCluster cluster_{kServers};
  std::map<int, std::unique_ptr<Process>> servers_;
  std::map<int, int> said_;
  std::map<std::pair<int, int>, int> next_, last_of_life_;
  int marks_ = 0;
};

TEST_F(Upgrade, FromTheReleaseBeforeAndBack) { ReplaceAll(kReleased, kThis); }

TEST_F(Upgrade, ToTheReleaseBeforeAndBack) { ReplaceAll(kThis, kReleased); }

}  // namespace
}  // namespace raft_cluster::internal
