// Every kind of mistake that a schedule is for is found where it is known to
// be, and nothing where there is none.
#include "raft/testing/interleaving/schedule.h"

#include <chrono>  // NOLINT(build/c++11)
#include <functional>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/interleaving/sync.h"

namespace raft_cluster::internal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Schedule& Now() { return Schedule::Current(); }

// Two threads of two steps each; the orders of these that are run.
std::set<std::string> Orders(const Limits& limits) {
  std::set<std::string> orders;
  const Exploration exploration = Explore(limits, [&] {
    std::string order;
    const auto steps = [&order](char name) {
      for (int i = 0; i < 2; ++i) {
        Now().Point({"steps"});
        order += name;
      }
    };
    Now().Interleave({{"a", [&] { steps('a'); }}, {"b", [&] { steps('b'); }}});
    orders.insert(order);
  });
  EXPECT_EQ(exploration.failure, "");
  return orders;
}

TEST(ScheduleTest, TheLimitIsOfPreemptions) {
  EXPECT_THAT(Orders({0}), ElementsAre("aabb", "bbaa"));
  // The other thread comes once in between, and stays.
  EXPECT_THAT(Orders({1}), ElementsAre("aabb", "abba", "baab", "bbaa"));
  EXPECT_EQ(Orders({10}).size(), 6u);  // All: 4 over 2.
}

TEST(ScheduleTest, ChanceGoesBeyondTheLimit) {
  EXPECT_EQ(Orders({0, 200}).size(), 6u);
}

// Reads, lets the others go on, and writes.
Exploration CountTogether(bool locked) {
  return Explore({/*preemptions=*/1}, [locked] {
    Mutex mu;
    int count = 0;
    const auto add = [&] {
      const int before = count;
      Now().Point({"has read"});
      count = before + 1;
    };
    const auto add_locked = [&] {
      MutexLock lock(mu);
      add();
    };
    const std::function<void()> body =
        locked ? std::function<void()>(add_locked) : add;
    Now().Interleave({{"one", body}, {"two", body}});
    Now().Check(count == 2, "one was lost");
  });
}

TEST(ScheduleTest, ALostUpdateIsFoundUnlessALockKeepsOthersOut) {
  EXPECT_EQ(CountTogether(/*locked=*/true).failure, "");
  const Exploration exploration = CountTogether(/*locked=*/false);
  EXPECT_EQ(exploration.failure, "one was lost");
  EXPECT_THAT(exploration.story, HasSubstr("two        has read"));
}

TEST(ScheduleTest, TwoLocksInTwoOrdersAreADeadlock) {
  const auto program = [] {
    Mutex first, second;
    const auto take = [](Mutex* one, Mutex* other) {
      MutexLock lock(*one);
      MutexLock other_lock(*other);
    };
    Now().Interleave({{"up", [&] { take(&first, &second); }},
                      {"down", [&] { take(&second, &first); }}});
  };
  EXPECT_EQ(Explore({/*preemptions=*/0}, program).failure, "");
  EXPECT_EQ(Explore({/*preemptions=*/1}, program).failure, "left waiting");
}

// One waits until the other has said so; `looks`: unless it has already.
std::string Meet(bool looks, Micros timeout) {
  const Exploration exploration = Explore({/*preemptions=*/1}, [=] {
    Mutex mu;
    CondVar said;
    bool done = false;
    const auto wait = [&] {
      MutexLock lock(mu);
      if (!looks || !done) said.WaitFor(mu, std::chrono::microseconds(timeout));
    };
    const auto say = [&] {
      MutexLock lock(mu);
      done = true;
      said.NotifyOne();
    };
    Now().Interleave({{"waits", wait}, {"says", say}});
  });
  return exploration.failure;
}

TEST(ScheduleTest, ALostWakeUpIsFoundUnlessItIsSoonOver) {
  EXPECT_EQ(Meet(/*looks=*/true, 2 * Schedule::kPatience), "");
  EXPECT_EQ(Meet(/*looks=*/false, Schedule::kPatience), "");
  EXPECT_EQ(Meet(/*looks=*/false, 2 * Schedule::kPatience), "left waiting");
}

TEST(ScheduleTest, OneIsToldAndItMayBeAnyOfThem) {
  std::set<int> told;
  const Exploration exploration = Explore({/*preemptions=*/0}, [&] {
    Mutex mu;
    CondVar said;
    int first = 0;
    const auto wait = [&](int name) {
      MutexLock lock(mu);
      said.Wait(mu);
      if (first == 0) first = name;
      said.NotifyOne();
    };
    Now().Interleave(
        {{"1", [&] { wait(1); }}, {"2", [&] { wait(2); }}, {"says", [&] {
                                                              Now().Sleep(1);
                                                              said.NotifyOne();
                                                            }}});
    told.insert(first);
  });
  EXPECT_EQ(exploration.failure, "");
  EXPECT_THAT(told, ElementsAre(1, 2));
}

TEST(ScheduleTest, WhetherALockIsFreeIsBothWays) {
  std::set<bool> taken;
  const Exploration exploration = Explore({/*preemptions=*/1}, [&] {
    Mutex mu;
    Now().Interleave({{"holds",
                       [&] {
                         MutexLock lock(mu);
                         Now().Point({"holds"});
                       }},
                      {"tries", [&] {
                         const bool free = mu.TryLock();
                         taken.insert(free);
                         if (free) mu.Unlock();
                       }}});
  });
  EXPECT_EQ(exploration.failure, "");
  EXPECT_THAT(taken, ElementsAre(false, true));
}

TEST(ScheduleTest, WhatGoesRoundForEverIsFound) {
  const Exploration exploration = Explore({/*preemptions=*/0}, [] {
    Now().Interleave({{"spins", [] {
                         for (;;) Now().Point({"spins"});
                       }}});
  });
  EXPECT_EQ(exploration.failure, "goes on for ever");
}

}  // namespace
}  // namespace raft_cluster::internal
