// A history that a test tells by hand.
//
// Thread rule: one thread.
#ifndef RAFT_TESTING_TESTING_HISTORY_H_
#define RAFT_TESTING_TESTING_HISTORY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/received.h"
#include "raft/testing/history.h"

namespace raft_cluster::internal {

// A history told by hand: server 1 sends, 2 and 3 receive, unless a test says
// otherwise. The content of an envelope is its id in words.
class HistoryTest : public ::testing::Test {
 protected:
  uint64_t Send(Pid to, ServerLife sender = {1, 1}, int accepted = 1,
                int skipped = 0) {
    const uint64_t id = history_.NextId();
    SenderOf(sender).Sent(to, id, std::to_string(id), accepted, skipped);
    return id;
  }
  std::vector<uint64_t> SendMany(int count, Pid to,
                                 ServerLife sender = {1, 1}) {
    std::vector<uint64_t> ids;
    for (int i = 0; i < count; ++i) ids.push_back(Send(to, sender));
    return ids;
  }
  void Take(ServerLife receiver, uint64_t id, Pid from = 1, uint64_t life = 0) {
    ReceiverOf(receiver).Took(from, receiver.pid, id, std::to_string(id), life);
  }
  void TakeMany(ServerLife receiver, const std::vector<uint64_t>& ids) {
    for (uint64_t id : ids) Take(receiver, id);
  }
  void TakeBroadcast(ServerLife receiver, uint64_t id) {
    ReceiverOf(receiver).Took(1, kBroadcast, id, std::to_string(id));
  }

  SenderLog& SenderOf(ServerLife life) {
    auto& log = senders_[life];
    if (log == nullptr) log = &history_.AddSender(life);
    return *log;
  }
  ReceiverLog& ReceiverOf(ServerLife life) {
    auto& log = receivers_[life];
    if (log == nullptr) log = &history_.AddReceiver(life);
    return *log;
  }

  void ExpectOk(History::OnRestart rule = History::OnRestart::kResend) {
    const Verdict verdict = history_.Judge(rule);
    EXPECT_TRUE(verdict.ok()) << verdict;
  }
  void ExpectOnly(Verdict::Kind kind,
                  History::OnRestart rule = History::OnRestart::kResend) {
    const Verdict verdict = history_.Judge(rule);
    EXPECT_THAT(verdict.counts, testing::ElementsAre(testing::Key(kind)))
        << verdict;
    EXPECT_FALSE(verdict.ok());
  }

  History history_;
  std::map<ServerLife, SenderLog*> senders_;
  std::map<ServerLife, ReceiverLog*> receivers_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_TESTING_HISTORY_H_
