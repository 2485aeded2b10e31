#include "raft/cmd/bench/zmq_system.h"

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace {

constexpr int kPatienceMs = 100;

absl::Status ToStatus(const zmq::error_t& error) {
  return absl::UnavailableError(absl::StrCat("libzmq: ", error.what()));
}

zmq::socket_t NewSocket(zmq::context_t& context, zmq::socket_type type) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::sndtimeo, kPatienceMs);
  socket.set(zmq::sockopt::rcvtimeo, kPatienceMs);
  return socket;
}

class ZmqSender : public Sender {
 public:
  // `sockets` by receiver from 1; that of the server itself is not used.
  ZmqSender(int self, std::vector<zmq::socket_t> sockets)
      : self_(self), sockets_(std::move(sockets)) {}

  absl::Status Send(int to, absl::string_view msg) override {
    const int last = to == kEverybody ? static_cast<int>(sockets_.size()) : to;
    if (next_ == 0) next_ = to == kEverybody ? 1 : to;
    try {
      for (; next_ <= last; ++next_) {
        if (next_ == self_) continue;
        zmq::message_t message(msg.data(), msg.size());
        if (!sockets_[static_cast<size_t>(next_ - 1)].send(
                message, zmq::send_flags::none)) {
          return absl::DeadlineExceededError("no room");
        }
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) return absl::DeadlineExceededError("no room");
      return ToStatus(error);
    }
    next_ = 0;
    return absl::OkStatus();
  }

 private:
  const int self_;
  std::vector<zmq::socket_t> sockets_;
  // Where a message that is to be tried again goes on; 0: no such.
  int next_ = 0;
};

class ZmqMember : public Member {
 public:
  ZmqMember(std::shared_ptr<zmq::context_t> context, int self, bool mesh,
            size_t limit, const std::vector<std::string>& urls)
      : context_(std::move(context)),
        self_(self),
        limit_(limit),
        urls_(urls),
        socket_(NewSocket(*context_, mesh ? zmq::socket_type::router
                                          : zmq::socket_type::dealer)) {
    socket_.bind(urls_[static_cast<size_t>(self - 1)]);
  }

  // What is sent before the peer is there waits for it.
  absl::Status WaitUntilReady() override { return absl::OkStatus(); }

  absl::StatusOr<std::unique_ptr<Sender>> NewSender() override {
    try {
      std::vector<zmq::socket_t> sockets(urls_.size());
      for (size_t i = 0; i < urls_.size(); ++i) {
        if (static_cast<int>(i) + 1 == self_) continue;
        sockets[i] = NewSocket(*context_, zmq::socket_type::dealer);
        sockets[i].connect(urls_[i]);
      }
      return std::make_unique<ZmqSender>(self_, std::move(sockets));
    } catch (const zmq::error_t& error) {
      return ToStatus(error);
    }
  }

  absl::StatusOr<size_t> Receive(
      absl::FunctionRef<void(absl::string_view msg)> take) override {
    size_t count = 0;
    try {
      for (auto flags = zmq::recv_flags::none;
           count < limit_ && socket_.recv(message_, flags);
           flags = zmq::recv_flags::dontwait) {
        // A ROUTER's first part says who sent it.
        if (message_.more()) (void)socket_.recv(message_);
        take(absl::string_view(message_.data<char>(), message_.size()));
        ++count;
      }
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) return ToStatus(error);
    }
    return count;
  }

 private:
  // Shared by the servers of a process that inproc connects.
  const std::shared_ptr<zmq::context_t> context_;
  const int self_;
  const size_t limit_;
  const std::vector<std::string>& urls_;
  zmq::socket_t socket_;
  zmq::message_t message_;
};

class ZmqSystem : public System {
 public:
  ZmqSystem(const Plan& plan, const std::vector<std::string>& urls)
      : mesh_(plan.mode == Plan::Mode::kMesh),
        limit_(plan.batch && plan.mode != Plan::Mode::kPingPong ? kBenchBatch
                                                                : 1) {
    for (absl::string_view url : urls) {
      if (absl::ConsumePrefix(&url, "loopback://")) {
        urls_.push_back(absl::StrCat("inproc://", url));
        if (common_ == nullptr) common_ = std::make_shared<zmq::context_t>();
      } else {
        urls_.emplace_back(url);
      }
    }
  }

  absl::StatusOr<std::unique_ptr<Member>> Start(int server) override {
    try {
      return std::make_unique<ZmqMember>(
          common_ != nullptr ? common_ : std::make_shared<zmq::context_t>(),
          server, mesh_, limit_, urls_);
    } catch (const zmq::error_t& error) {
      return ToStatus(error);
    }
  }

 private:
  const bool mesh_;
  const size_t limit_;
  std::vector<std::string> urls_;
  std::shared_ptr<zmq::context_t> common_;
};

}  // namespace

std::unique_ptr<System> NewZmqSystem(const Plan& plan,
                                     const std::vector<std::string>& urls) {
  return std::make_unique<ZmqSystem>(plan, urls);
}

}  // namespace raft_cluster::internal
