#include "raft/base/pin.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "raft/base/thread.h"

namespace raft_cluster::internal {
namespace {

// Bytes, and whether they are still there.
struct Watched {
  std::shared_ptr<std::string> owner = std::make_shared<std::string>("bytes");
  std::weak_ptr<std::string> alive = owner;

  Pin Take() { return Pin::On(std::move(owner)); }
};

TEST(Pin, KeepsTheBytesUntilTheLastCopyIsGone) {
  Watched watched;
  Pin pin = watched.Take();
  EXPECT_TRUE(static_cast<bool>(pin));
  Pin copy = pin;
  Pin moved = std::move(pin);
  EXPECT_FALSE(static_cast<bool>(pin));  // NOLINT(bugprone-use-after-move)
  moved = Pin();
  EXPECT_FALSE(watched.alive.expired()) << "the copy holds them";
  copy = Pin(copy);
  EXPECT_FALSE(watched.alive.expired()) << "assigned to itself";
  copy = Pin();
  EXPECT_TRUE(watched.alive.expired());
}

TEST(Pin, KeepsTheBytesForEachHandleThatWasCountedBefore) {
  Watched watched;
  std::vector<Pin> handles;
  {
    const Pin first = watched.Take();
    first.Hold(3);
    for (int i = 0; i < 3; ++i) handles.push_back(first.Counted());
  }
  for (; !handles.empty(); handles.pop_back()) {
    EXPECT_FALSE(watched.alive.expired()) << handles.size() << " hold them";
  }
  EXPECT_TRUE(watched.alive.expired());
}

TEST(Pin, MayBeCopiedAndDestroyedInManyThreads) {
  Watched watched;
  {
    const Pin first = watched.Take();
    std::vector<Thread> threads;
    for (int i = 0; i < 4; ++i) {
      first.Hold(1000);
      threads.emplace_back([&first] {
        for (int j = 0; j < 1000; ++j) Pin copy = first.Counted();
        for (int j = 0; j < 1000; ++j) Pin copy = first;
      });
    }
    for (Thread& thread : threads) thread.join();
    EXPECT_FALSE(watched.alive.expired());
  }
  EXPECT_TRUE(watched.alive.expired());
}

}  // namespace
}  // namespace raft_cluster::internal
