// Functions that are posted to a handler, from anywhere.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "raft/cluster/handler.h"
#include "raft/testing/fixtures/cluster_test.h"

namespace raft_cluster::internal {
namespace {

class Post : public testing::TestWithParam<std::string> {};

class Silent : public Handler {
 public:
  void OnEnvelope(Context&, const Received&) override {}
};

// Without a timer or an envelope that would bring it a turn.
TEST_P(Post, IsCalledInItsOrderOnTheThreadOfTheHandler) {
  constexpr int kThreads = 4, kEach = 500;
  const LocalCluster cluster(1, GetParam());
  ASSERT_THAT(cluster.status(), IsOk());
  Server& server = cluster[1];
  std::thread::id handled_in;
  std::map<int, int> called;  // By thread, how many so far.
  std::thread handling([&] {
    handled_in = std::this_thread::get_id();
    Silent silent;
    EXPECT_THAT(raft_cluster::Run(server, silent), IsOk());
  });
  std::vector<std::thread> posting;
  for (int thread = 0; thread < kThreads; ++thread) {
    posting.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_THAT(server.Post([&, thread, i](Context& context) {
          EXPECT_EQ(context.pid(), 1);
          EXPECT_EQ(std::this_thread::get_id(), handled_in);
          EXPECT_EQ(called[thread]++, i);
        }),
                    IsOk());
      }
    });
  }
  for (std::thread& thread : posting) thread.join();
  // The last of all.
  EXPECT_THAT(server.Post([](Context& context) { context.Stop(); }), IsOk());
  handling.join();
  for (int thread = 0; thread < kThreads; ++thread) {
    EXPECT_EQ(called[thread], kEach);
  }
}

// Has a function posted that posts itself again, for ever.
class Busy : public Handler {
 public:
  explicit Busy(Server* server) : server_(*server) {}
  void OnStart(Context&) override { PostAgain(); }
  void OnEnvelope(Context& context, const Received&) override {
    ++envelopes_;
    in_call_ = true;
    PostAgain();
    in_call_ = false;
    if (envelopes_ == 3) context.Stop();
  }
  int envelopes() const { return envelopes_; }

 private:
  void PostAgain() {
    EXPECT_THAT(server_.Post([this](Context&) {
      EXPECT_FALSE(in_call_) << "before the call has returned";
      PostAgain();
    }),
                IsOk());
  }

  Server& server_;
  int envelopes_ = 0;
  bool in_call_ = false;
};

TEST_P(Post, KeepsNoEnvelopeOut) {
  const LocalCluster cluster(2, GetParam());
  ASSERT_THAT(cluster.WaitUntilUp(), IsOk());
  Busy busy(&cluster[1]);
  std::thread thread(
      [&] { EXPECT_THAT(raft_cluster::Run(cluster[1], busy), IsOk()); });
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(cluster[2].outbox().TrySend(1, "hello"), IsOk());
  }
  thread.join();
  EXPECT_EQ(busy.envelopes(), 3);
}

// It asks its server for something while it is destroyed.
class Kept {
 public:
  Kept(Server* server, std::atomic<int>* destroyed)
      : server_(*server), destroyed_(*destroyed) {}
  ~Kept() {
    EXPECT_EQ(server_.stats().pid(), 1);
    ++destroyed_;
  }

 private:
  Server& server_;
  std::atomic<int>& destroyed_;
};

TEST_P(Post, IsDestroyedUncalledByClose) {
  const LocalCluster cluster(1, GetParam());
  ASSERT_THAT(cluster.status(), IsOk());
  Server& server = cluster[1];
  std::atomic<int> destroyed = 0;
  const auto post = [&] {
    auto kept = std::make_shared<Kept>(&server, &destroyed);
    return server.Post([kept = std::move(kept)](Context&) { FAIL(); });
  };
  EXPECT_THAT(post(), IsOk());
  EXPECT_THAT(post(), IsOk());
  EXPECT_EQ(destroyed, 0);
  EXPECT_THAT(server.Close(absl::ZeroDuration()), IsOk());
  EXPECT_EQ(destroyed, 2);
  EXPECT_THAT(post(),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "closed"));
  EXPECT_EQ(destroyed, 3);
}

TEST_P(Post, IsRefusedWhereItsHandlerIsCalledNoMore) {
  Options options;
  options.idle_timeout = absl::Milliseconds(50);
  const LocalCluster cluster(2, GetParam(), With(options));
  ASSERT_THAT(cluster.status(), IsOk());
  const auto nothing = [](Context&) {};
  EXPECT_THAT(cluster[1].Post(nullptr),
              HasCode(absl::StatusCode::kInvalidArgument));
  cluster[1].Interrupt();
  EXPECT_THAT(cluster[1].Post(nothing), HasCode(absl::StatusCode::kCancelled));
  Silent silent;
  EXPECT_THAT(raft_cluster::Run(cluster[2], silent),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "idle"));
  EXPECT_THAT(cluster[2].Post(nothing),
              HasCodeAndText(absl::StatusCode::kFailedPrecondition, "idle"));
}

TEST_P(Post, IsRefusedWhereTooManyWait) {
  constexpr int kMost = 65536;
  const LocalCluster cluster(1, GetParam());
  ASSERT_THAT(cluster.status(), IsOk());
  Server& server = cluster[1];
  int called = 0;
  const auto count = [&](Context& context) {
    if (++called == kMost) context.Stop();
  };
  for (int i = 0; i < kMost; ++i) ASSERT_THAT(server.Post(count), IsOk());
  EXPECT_THAT(server.Post(count),
              HasCodeAndText(absl::StatusCode::kResourceExhausted, "65536"));
  Silent silent;
  EXPECT_THAT(raft_cluster::Run(server, silent), IsOk());
  EXPECT_EQ(called, kMost);
  EXPECT_THAT(server.Post(count), IsOk()) << "there is room again";
}

INSTANTIATE_TEST_SUITE_P(Schemes, Post, AllSchemes(), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
