#include "raft/testing/programs/conversation.h"

#include <signal.h>

#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "raft/testing/eventually.h"
#include "raft/testing/message.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kLinesAtOnce = 10;
constexpr absl::Duration kPause = absl::Milliseconds(1);
// A server that is stopped reads nothing for a while.
constexpr absl::Duration kLongPatience = absl::Minutes(2);
// //cmd:server prints what it takes in batches of at most so many.
constexpr size_t kPrinterBatch = 1;

std::string MessageOf(uint64_t id) { return MakeMessage(id, 20 + id % 180); }

bool MeantFor(ServerLife by, Pid to, Pid at) {
  return by.pid != at && (to == at || to == kBroadcast);
}

// Half an account is no account, but nothing to write about either.
class Silence : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

}  // namespace

Conversation::Conversation(int size, std::vector<std::string> arguments)
    : cluster_(size), size_(size), arguments_(std::move(arguments)) {}

Conversation::~Conversation() {
  for (auto& [pid, lives] : lives_) {
    for (const auto& life : lives) {
      life->killed = true;
      life->process->Signal(SIGKILL);
    }
  }
  Hush();
}

bool Conversation::Runs(Pid pid) const {
  const auto found = lives_.find(pid);
  return found != lives_.end() && !found->second.back()->killed;
}

void Conversation::Start(Pid pid) {
  auto life = std::make_unique<Life>();
  life->life = {pid, static_cast<int>(lives_[pid].size()) + 1};
  std::vector<std::string> arguments = arguments_;
  arguments.push_back("--message=");
  life->process = cluster_.Start(pid, arguments);
  life->sent = &history_.AddSender(life->life);
  life->took = &history_.AddReceiver(life->life);
  lives_[pid].push_back(std::move(life));
}

void Conversation::Talk(Pid pid, std::vector<Pid> to, int lines) {
  Life& life = Present(pid);
  hushed_ = false;
  life.talker = std::thread([this, &life, to = std::move(to), lines] {
    std::mt19937 random(static_cast<unsigned>(life.life.pid));
    for (int done = 0; done < lines; done += kLinesAtOnce) {
      if (lines == kUntilHushed && hushed_) return;
      std::string text;
      for (int i = 0; i < kLinesAtOnce; ++i) {
        absl::StrAppend(&text, NextLine(life, to[random() % to.size()]));
      }
      if (!life.process->Write(text, kLongPatience)) {
        EXPECT_TRUE(life.killed) << life.life << " reads nothing";
        return;
      }
      if (lines == kUntilHushed) absl::SleepFor(kPause);
    }
  });
}

void Conversation::Hush() {
  hushed_ = true;
  for (auto& [pid, lives] : lives_) {
    for (const auto& life : lives) {
      if (life->talker.joinable()) life->talker.join();
    }
  }
}

std::string Conversation::NextLine(Life& life, Pid to) {
  uint64_t id = 0;
  {
    MutexLock lock(mu_);
    said_.push_back({life.life, to});
    id = said_.size();
    for (Pid at = 1; at <= size_; ++at) {
      if (MeantFor(life.life, to, at)) last_said_[{life.life, at}] = id;
    }
  }
  const std::string msg = MessageOf(id);
  life.sent->Sent(to, id, msg, to == kBroadcast ? size_ - 1 : 1);
  return to == kBroadcast ? absl::StrCat(msg, "\n")
                          : absl::StrCat(to, ": ", msg, "\n");
}

void Conversation::Kill(Pid pid) {
  Life& life = Present(pid);
  life.killed = true;
  life.process->Signal(SIGKILL);
  EXPECT_EQ(life.process->WaitForExit(kPatience), -SIGKILL);
}

void Conversation::Pause(Pid pid) { Present(pid).process->Signal(SIGSTOP); }
void Conversation::Resume(Pid pid) { Present(pid).process->Signal(SIGCONT); }

Stats Conversation::StatsOf(Pid pid) {
  Process& process = *Present(pid).process;
  const size_t before = process.errors().size();
  process.Signal(SIGUSR1);
  Stats stats;
  EXPECT_TRUE(Eventually([&] {
    Silence silence;
    google::protobuf::TextFormat::Parser parser;
    parser.RecordErrorsTo(&silence);
    return parser.ParseFromString(process.errors().substr(before), &stats) &&
           stats.peers_size() == size_ - 1;
  })) << process.errors();
  return stats;
}

PeerStats Conversation::StatsOf(Pid pid, Pid peer) {
  const Stats stats = StatsOf(pid);
  for (const PeerStats& each : stats.peers()) {
    if (each.pid() == peer) return each;
  }
  return PeerStats();
}

void Conversation::Hear() {
  for (auto& [pid, lives] : lives_) {
    for (const auto& life : lives) Hear(*life);
  }
}

void Conversation::Hear(Life& life) {
  for (const std::string& line : life.process->TakeLines()) {
    HearLine(life, line);
  }
}

// "1 -> 2: #17 ..." A line does not tell a broadcast from an envelope to this
// server alone: we know what was said.
void Conversation::HearLine(Life& life, const std::string& line) {
  const std::vector<std::string> parts =
      absl::StrSplit(line, absl::MaxSplits(": ", 1));
  ASSERT_EQ(parts.size(), 2u) << line;
  const std::vector<std::string> pids = absl::StrSplit(parts[0], " -> ");
  ASSERT_EQ(pids.size(), 2u) << line;
  Pid from = 0;
  ASSERT_TRUE(absl::SimpleAtoi(pids[0], &from)) << line;
  ASSERT_EQ(pids[1], absl::StrCat(life.life.pid));
  const uint64_t id = MessageId(parts[1]).value_or(0);
  Said said;
  {
    MutexLock lock(mu_);
    ASSERT_TRUE(id > 0 && id <= said_.size()) << line;
    said = said_[id - 1];
  }
  life.took->Took(from, said.to, id, parts[1]);
  life.first_heard.emplace(said.by, id);
  life.last_heard[said.by] = id;
}

uint64_t Conversation::LastSaid(ServerLife by, Pid at) {
  MutexLock lock(mu_);
  const auto found = last_said_.find({by, at});
  return found == last_said_.end() ? 0 : found->second;
}

bool Conversation::WaitUntilHeard(Pid from, Pid at) {
  const ServerLife by = Present(from).life;
  const uint64_t before = LastSaid(by, at);
  return Eventually([&] {
    Life& life = Present(at);
    Hear(life);
    return life.last_heard[by] > before;
  });
}

bool Conversation::WaitUntilAllHeard(Pid from, Pid at) {
  const ServerLife by = Present(from).life;
  const uint64_t last = LastSaid(by, at);
  Life& life = Present(at);
  return Eventually(
      [&] {
        Hear(life);
        return last == 0 || life.last_heard[by] == last;
      },
      kLongPatience);
}

bool Conversation::WaitUntilAllHeard() {
  bool all = true;
  for (Pid from = 1; from <= size_; ++from) {
    for (Pid at = 1; at <= size_; ++at) {
      if (at == from || !Runs(from) || !Runs(at)) continue;
      all = all && WaitUntilAllHeard(from, at);
    }
  }
  return all;
}

void Conversation::AddWhatWasTakenUnprinted() {
  MutexLock lock(mu_);
  for (auto& [pid, lives] : lives_) {
    std::map<ServerLife, uint64_t> last = lives.front()->last_heard;
    for (size_t i = 1; i < lives.size(); ++i) {
      size_t unprinted = 0;
      for (const auto& [by, first] : lives[i]->first_heard) {
        for (uint64_t id = last[by] + 1; id < first; ++id) {
          const Said& said = said_[id - 1];
          if (!(said.by == by) || !MeantFor(by, said.to, pid)) continue;
          lives[i - 1]->took->Took(by.pid, said.to, id, MessageOf(id));
          ++unprinted;
        }
      }
      EXPECT_LE(unprinted, kPrinterBatch) << lives[i - 1]->life;
      for (const auto& [by, id] : lives[i]->last_heard) last[by] = id;
    }
  }
}

void Conversation::EndAndJudge() {
  for (Pid pid = 1; pid <= size_; ++pid) {
    if (!Runs(pid)) continue;
    const Stats stats = StatsOf(pid);
    for (const PeerStats& peer : stats.peers()) {
      // What it took last, nobody saw.
      if (!Runs(peer.pid())) continue;
      history_.SetAccount(Present(pid).life, peer.pid(),
                          {peer.ledger().accepted(), peer.ledger().taken()});
    }
  }
  for (Pid pid = 1; pid <= size_; ++pid) {
    if (Runs(pid)) Present(pid).process->Signal(SIGTERM);
  }
  bool all_run = true;
  for (Pid pid = 1; pid <= size_; ++pid) all_run = all_run && Runs(pid);
  for (Pid pid = 1; pid <= size_; ++pid) {
    if (!Runs(pid)) continue;
    Process& process = *Present(pid).process;
    const absl::optional<int> code = process.WaitForExit(kPatience);
    // What was sent to one who is dead is left.
    EXPECT_TRUE(code == 0 || (code == 3 && !all_run)) << process.errors();
    EXPECT_THAT(process.errors(), Not(HasSubstr("not sent")));
  }
  Hear();
  AddWhatWasTakenUnprinted();
  const Verdict verdict = history_.Judge();
  EXPECT_TRUE(verdict.ok()) << verdict;
}

size_t Conversation::said() {
  MutexLock lock(mu_);
  return said_.size();
}

}  // namespace raft_cluster::internal
