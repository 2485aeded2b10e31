// Clusters whose servers are replaced one by one by those of a later version,
// and those again by ours, under the usual faults and the usual checker. A
// later server is one of ours behind a decorator that adds to its frames what a
// later version might: a header field and an item field that nobody here knows,
// and a hello with a version beyond ours.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/cluster/link/testing_frames.h"
#include "raft/cluster/link/wire.h"
#include "raft/testing/simulation/simulation.h"
#include "raft/transport/forwarding_transport.h"

namespace raft_cluster::internal {
namespace {

constexpr int kServers = 4;
constexpr uint64_t kSeeds = 27;
// One server is replaced in each of these.
constexpr absl::Duration kInterval = absl::Seconds(1);

class LaterVersion : public ForwardingTransport {
 public:
  LaterVersion(std::unique_ptr<Transport> inner, uint32_t oldest,
               uint64_t* frames)
      : ForwardingTransport(std::move(inner)),
        oldest_(oldest),
        frames_(*frames) {}

  SendResult Send(Pid peer, const Frame& frame) override {
    return inner().Send(peer, Later(frame));
  }
  SendResult Reply(const Origin& origin, const Frame& frame) override {
    return inner().Reply(origin, Later(frame));
  }

 private:
  Frame Later(const Frame& frame) {
    ++frames_;
    ParsedFrame parsed;
    EXPECT_EQ(ParseFrame(frame, /*verify_checksum=*/true, &parsed),
              ParseResult::kOk);
    Header header = parsed.header;
    if (header.hello.has_value()) {
      header.hello->set_version(oldest_);
      header.hello->set_max_version(kNewestVersion + 1);
      header.hello->set_features(uint64_t{1} << 40);
    }
    // Who speaks none of our versions may mean anything by a field of ours.
    return LaterFrame(
        header, absl::StrCat(parsed.items.view(), parsed.tail.view()),
        oldest_ > kNewestVersion ? absl::string_view("\x70\x07") : "");
  }

  const uint32_t oldest_;
  uint64_t& frames_;
};

class Replacement {
 public:
  // The first `replaced` times that a server is due to be replaced it is: all
  // of them to the later version, and then all of them back. The cluster has to
  // come to rest as it then is.
  SimulationResult Run(uint64_t seed, int replaced,
                       uint32_t oldest = kOldestVersion) {
    std::vector<bool> later(kServers + 1);
    int done = 0;
    SimControl control;
    SimulationOptions options;
    options.servers = kServers;
    options.seed = seed;
    options.fault_time = (2 * kServers + 1) * kInterval;
    options.settle_time = absl::Seconds(20);
    options.draw_options = true;
    options.twins = true;
    options.control = &control;
    options.transport =
        [&](Pid pid,
            std::unique_ptr<Transport> inner) -> std::unique_ptr<Transport> {
      if (!later[static_cast<size_t>(pid)]) return inner;
      return std::make_unique<LaterVersion>(std::move(inner), oldest, &frames);
    };
    options.invariant = [&] {
      if (done < replaced && control.now() > (done + 1) * kInterval) {
        const Pid pid = 1 + done++ % kServers;
        later[static_cast<size_t>(pid)] = !later[static_cast<size_t>(pid)];
        control.Crash(pid);
      }
      return absl::OkStatus();
    };
    return RunSimulation(options);
  }

  uint64_t frames = 0;  // Of later servers.
};

TEST(Growth, ReplacesServersOneByOneInBothDirectionsAndLosesNothing) {
  Replacement replacement;
  uint64_t taken = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const int replaced = static_cast<int>(seed % (2 * kServers + 1));
    const SimulationResult result = replacement.Run(seed, replaced);
    ASSERT_EQ(result.status, absl::OkStatus()) << replaced << " replaced";
    taken += result.taken;
  }
  EXPECT_GT(replacement.frames, 1000u);
  EXPECT_GT(taken, 1000u);
}

// The test is worth something only if a mixed cluster can fail it.
TEST(Growth, OfAVersionThatSpeaksNoneOfOursIsFoundOut) {
  Replacement replacement;
  const SimulationResult result =
      replacement.Run(/*seed=*/1, /*replaced=*/2, kNewestVersion + 1);
  EXPECT_EQ(result.failure, SimFailure::kRest) << result.status;
  EXPECT_THAT(std::string(result.status.message()), testing::HasSubstr("DOWN"));
}

}  // namespace
}  // namespace raft_cluster::internal
