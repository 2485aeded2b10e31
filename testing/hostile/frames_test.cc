// Frames of our own in the wrong hands: somebody stands between server 2 and
// server 1, hands on what they say, keeps a copy, and plays with it. Without
// keys, that is: with keys he would see nothing and be let in by nobody.

#include <zmq.h>

#include <algorithm>
#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>  // NOLINT(build/c++11)
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "raft/base/mutex.h"
#include "raft/testing/hostile/hostile.h"
#include "raft/transport/net/tcp_address.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace {

constexpr size_t kRecorded = 500;
// Of a frame, so that each of its fields is among them.
constexpr size_t kCutAt = 400;
// A transport takes a little more.
constexpr size_t kLargestFrame = size_t{260} << 10;

// Stands between one server, which takes it for another, and that other one.
class Relay {
 public:
  // `host`: where to listen.
  explicit Relay(const std::string& host) {
    for (zmq::socket_t* socket : {&router_, &dealer_}) {
      socket->set(zmq::sockopt::linger, 0);
      socket->set(zmq::sockopt::rcvtimeo, 0);
      socket->set(zmq::sockopt::sndhwm, 0);
    }
    router_.bind(absl::StrCat("tcp://", host, ":*"));
    url_ = router_.get(zmq::sockopt::last_endpoint);
  }
  ~Relay() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
  }

  const std::string& url() const { return url_; }
  void Start(const std::string& to) {
    dealer_.connect(to);
    thread_ = std::thread([this] { Run(); });
  }
  // The first so many that were handed on.
  std::vector<std::string> Recording() {
    MutexLock lock(mu_);
    return recording_;
  }

 private:
  using Parts = std::vector<zmq::message_t>;

  static Parts Take(zmq::socket_t& socket) {
    Parts parts;
    do {
      zmq::message_t part;
      if (!socket.recv(part)) break;
      parts.push_back(std::move(part));
    } while (parts.back().more());
    return parts;
  }
  static void Send(zmq::socket_t& socket, Parts& parts, size_t from) {
    for (size_t i = from; i < parts.size(); ++i) {
      socket.send(parts[i], i + 1 < parts.size() ? zmq::send_flags::sndmore
                                                 : zmq::send_flags::none);
    }
  }

  void Run() {
    std::vector<zmq::pollitem_t> items = {{router_.handle(), 0, ZMQ_POLLIN, 0},
                                          {dealer_.handle(), 0, ZMQ_POLLIN, 0}};
    std::string caller;
    while (!done_) {
      zmq::poll(items, std::chrono::milliseconds(10));
      for (Parts parts; !(parts = Take(router_)).empty();) {
        caller = parts[0].to_string();
        std::string frame;
        for (size_t i = 1; i < parts.size(); ++i) {
          absl::StrAppend(&frame, parts[i].to_string());
        }
        Record(std::move(frame));
        Send(dealer_, parts, 1);
      }
      for (Parts parts; !(parts = Take(dealer_)).empty();) {
        parts.insert(parts.begin(), zmq::message_t(caller));
        Send(router_, parts, 0);
      }
    }
  }
  void Record(std::string frame) {
    MutexLock lock(mu_);
    if (recording_.size() < kRecorded) recording_.push_back(std::move(frame));
  }

  zmq::context_t context_;
  zmq::socket_t router_{context_, zmq::socket_type::router};
  zmq::socket_t dealer_{context_, zmq::socket_type::dealer};
  std::string url_;
  std::atomic<bool> done_{false};
  Mutex mu_;
  std::vector<std::string> recording_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

class Frames : public Hostile {
 protected:
  void SetUp() override {
    LocalCluster::Setup setup;
    setup.config_of = [this](Pid pid, const Config& config) {
      Config told = config;
      Config::Member& one = *told.mutable_object()->mutable_servers(0);
      if (relay_ == nullptr) {
        const Url url = ParseUrl(one.url()).value();
        relay_ = std::make_unique<Relay>(ParseTcpAddress(url)->host);
        relay_->Start(url.ToString());
      }
      if (pid == 1) one.set_listen(one.url());
      one.set_url(relay_->url());
      return absl::StatusOr<Config>(told);
    };
    Begin(setup);
    ASSERT_TRUE(Eventually(
        [&] { return relay_->Recording().size() == kRecorded; }, kPatience));
    recording_ = relay_->Recording();
    dealer_.set(zmq::sockopt::linger, 0);
    dealer_.connect(url().ToString());
  }
  void TearDown() override {
    Hostile::TearDown();
    relay_ = nullptr;
  }

  void Play(const std::string& frame) {
    ASSERT_TRUE(dealer_.send(zmq::buffer(frame), zmq::send_flags::none));
  }
  // The longest of the recorded, which has items.
  const std::string& Longest() const {
    const std::string* longest = &recording_[0];
    for (const std::string& frame : recording_) {
      if (frame.size() > longest->size()) longest = &frame;
    }
    return *longest;
  }

  std::unique_ptr<Relay> relay_;
  std::vector<std::string> recording_;
  zmq::context_t context_;
  zmq::socket_t dealer_{context_, zmq::socket_type::dealer};
};

TEST_P(Frames, ThatArePlayedAgainChangeNothing) {
  for (int i = 0; i < 3; ++i) {
    for (const std::string& frame : recording_) Play(frame);
    for (auto it = recording_.rbegin(); it != recording_.rend(); ++it) {
      Play(*it);
    }
    EXPECT_TRUE(Flows());
  }
}

TEST_P(Frames, ThatAreCutAtAnyByteAreRefused) {
  const std::string& frame = Longest();
  const size_t cuts = std::min(frame.size(), kCutAt);
  for (size_t size = 0; size < cuts; ++size) Play(frame.substr(0, size));
  EXPECT_TRUE(Eventually([&] {
    return Refused(Refusal::CHECKSUM) + Refused(Refusal::MALFORMED) == cuts;
  }));
  // Less than the checksum itself can only be malformed.
  EXPECT_GE(Refused(Refusal::MALFORMED), 5u);
}

TEST_P(Frames, WithABitTheOtherWayAreRefused) {
  const std::string& frame = Longest();
  const size_t flips = std::min(frame.size(), kCutAt);
  for (size_t at = 0; at < flips; ++at) {
    std::string other = frame;
    other[at] = static_cast<char>(other[at] ^ (1 << (at % 8)));
    Play(other);
  }
  EXPECT_TRUE(Eventually([&] {
    return Refused(Refusal::CHECKSUM) + Refused(Refusal::MALFORMED) == flips;
  }));
}

TEST_P(Frames, WithFieldsOfOthersAreRefused) {
  uint64_t made = 0;
  for (size_t i = 0; i + 1 < recording_.size(); ++i) {
    const std::string& one = recording_[i];
    const std::string& two = recording_[i + 1];
    for (const size_t at : {5, 14, 40, 60}) {
      if (one.size() <= at || two.size() <= at) continue;
      const std::string mixed = one.substr(0, at) + two.substr(at);
      if (mixed == one || mixed == two) continue;
      Play(mixed);
      ++made;
    }
  }
  EXPECT_GT(made, kRecorded);
  EXPECT_TRUE(RefusesAtLeast(made, Refusal::CHECKSUM));
}

TEST_P(Frames, OfTwoGluedTogetherAreRefused) {
  uint64_t made = 0;
  for (size_t i = 0; i + 1 < recording_.size(); ++i) {
    const std::string glued = recording_[i] + recording_[i + 1];
    // libzmq would end the connection, and we could not count.
    if (glued.size() > kLargestFrame) continue;
    Play(glued);
    ++made;
  }
  EXPECT_GT(made, 0u);
  EXPECT_TRUE(RefusesAtLeast(made, Refusal::CHECKSUM));
}

INSTANTIATE_TEST_SUITE_P(Tcp, Frames, ::testing::Values("tcp"), SchemeName);

}  // namespace
}  // namespace raft_cluster::internal
