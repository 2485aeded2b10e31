// Many threads at one lock, and those that wait for what others do under it.
#include "raft/base/mutex.h"

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <deque>
#include <thread>  // NOLINT(build/c++11)
#include <vector>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

void RunAll(std::vector<std::thread>* threads) {
  for (std::thread& thread : *threads) thread.join();
}

TEST(Mutex, IsHeldByOneAtATime) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 20000;
  Mutex mu;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        if (round % 3 == 0 && mu.TryLock()) {
          ++count;
          mu.Unlock();
          continue;
        }
        MutexLock lock(mu);
        ++count;
      }
    });
  }
  RunAll(&threads);
  EXPECT_EQ(count, kThreads * kRounds);
}

TEST(Mutex, IsNotHadTwice) {
  Mutex mu;
  const auto has = [&mu] {
    if (!mu.TryLock()) return false;
    mu.Unlock();
    return true;
  };
  EXPECT_TRUE(has());
  {
    MutexLock lock(mu);
    std::thread([&] { EXPECT_FALSE(has()); }).join();
  }
  EXPECT_TRUE(has());
}

// Whoever sleeps for it is woken, also if several do.
TEST(Mutex, WakesAllWhoWantIt) {
  Mutex mu;
  mu.Lock();
  int had = 0;
  std::atomic<int> wanted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&] {
      ++wanted;
      MutexLock lock(mu);
      ++had;
    });
  }
  while (wanted < 5) std::this_thread::yield();
  mu.Unlock();
  RunAll(&threads);
  EXPECT_EQ(had, 5);
}

// A queue between threads, none of which is ever told in vain or not at all.
TEST(CondVar, TellsWhoWaits) {
  constexpr int kItems = 20000;
  Mutex mu;
  CondVar filled;
  CondVar taken;
  std::deque<int> queue;
  int sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int item = 0; item < kItems; ++item) {
        MutexLock lock(mu);
        while (queue.size() >= 3) taken.Wait(mu);
        queue.push_back(1);
        filled.NotifyOne();
      }
    });
    threads.emplace_back([&] {
      for (int item = 0; item < kItems; ++item) {
        MutexLock lock(mu);
        while (queue.empty()) filled.WaitFor(mu, std::chrono::seconds(60));
        sum += queue.front();
        queue.pop_front();
        taken.NotifyAll();
      }
    });
  }
  RunAll(&threads);
  EXPECT_EQ(sum, 2 * kItems);
}

TEST(CondVar, TellsAll) {
  Mutex mu;
  CondVar begun;
  CondVar over;
  int waiting = 0;
  bool is_over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&] {
      MutexLock lock(mu);
      ++waiting;
      begun.NotifyAll();
      while (!is_over) over.Wait(mu);
    });
  }
  {
    MutexLock lock(mu);
    while (waiting < 5) begun.Wait(mu);
    is_over = true;
  }
  over.NotifyAll();  // Also without the lock.
  RunAll(&threads);
}

TEST(CondVar, WaitsForNoLongerThanItsTimeout) {
  Mutex mu;
  CondVar never;
  const auto begin = std::chrono::steady_clock::now();
  MutexLock lock(mu);
  never.WaitFor(mu, std::chrono::microseconds(-1));
  never.WaitFor(mu, std::chrono::microseconds(0));
  const auto end = begin + std::chrono::milliseconds(30);
  while (std::chrono::steady_clock::now() < end) {
    never.WaitFor(mu, std::chrono::duration_cast<std::chrono::microseconds>(
                          end - std::chrono::steady_clock::now()));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
