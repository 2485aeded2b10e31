#include "raft/cmd/bench/socket_system.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "raft/cmd/bench/socket_reader.h"
#include "raft/cmd/bench/socket_writer.h"
#include "raft/cmd/bench/sockets.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kBatchBytes = size_t{64} << 10;
// So often a caller is waited for, kBenchPatience each time.
constexpr int kAcceptTimes = 200;

// To several, each over a connection of its own.
class FanOutSender : public Sender {
 public:
  // `sockets` by receiver from 1; that of the server itself is none.
  FanOutSender(std::vector<OwnedFd> sockets, size_t batch_bytes)
      : sockets_(std::move(sockets)) {
    for (const OwnedFd& socket : sockets_) {
      writers_.emplace_back(socket.get(), batch_bytes);
    }
  }

  absl::Status Send(int to, absl::string_view msg) override {
    const size_t last = to == kEverybody ? sockets_.size() : Place(to) + 1;
    if (!resumed_) next_ = to == kEverybody ? 0 : Place(to);
    resumed_ = true;
    for (; next_ < last; ++next_) {
      if (sockets_[next_].get() < 0) continue;
      absl::Status status = writers_[next_].Write(msg);
      if (!status.ok()) return status;
    }
    resumed_ = false;
    return absl::OkStatus();
  }

 private:
  static size_t Place(int server) { return static_cast<size_t>(server - 1); }

  std::vector<OwnedFd> sockets_;
  std::vector<SocketWriter> writers_;
  // A message that is to be tried again goes on with the receiver `next_`.
  bool resumed_ = false;
  size_t next_ = 0;
};

// To the one at the other end.
class OneSender : public Sender {
 public:
  explicit OneSender(int fd) : writer_(fd, /*batch_bytes=*/0) {}
  absl::Status Send(int /*to*/, absl::string_view msg) override {
    return writer_.Write(msg);
  }

 private:
  SocketWriter writer_;
};

// All connections on which something may come.
class Readers {
 public:
  Readers() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

  absl::Status Watch(int fd, size_t place) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.u64 = place;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) {
      return absl::OkStatus();
    }
    return SocketError("cannot be watched");
  }

  // Watched as the place of the next Add(): those before it have readers.
  absl::Status Add(OwnedFd socket) {
    absl::Status status = Watch(socket.get(), connections_.size());
    if (status.ok()) connections_.emplace_back(std::move(socket));
    return status;
  }

  // The place that is readable first, where there is one in time.
  bool Wait(size_t& place) {
    epoll_event event;
    const int count =
        epoll_wait(epoll_.get(), &event, 1,
                   static_cast<int>(absl::ToInt64Milliseconds(kBenchPatience)));
    if (count == 1) place = event.data.u64;
    return count == 1;
  }

  absl::StatusOr<bool> Fill(size_t place) {
    Connection& connection = connections_[place];
    absl::StatusOr<bool> filled = connection.reader.Fill();
    if (filled.ok() && connection.reader.ended()) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection.socket.get(), nullptr);
    }
    return filled;
  }

  SocketReader& reader(size_t place) { return connections_[place].reader; }
  size_t size() const { return connections_.size(); }
  int fd(size_t place) const { return connections_[place].socket.get(); }

 private:
  struct Connection {
    explicit Connection(OwnedFd from)
        : socket(std::move(from)), reader(socket.get()) {}
    OwnedFd socket;
    SocketReader reader;
  };

  OwnedFd epoll_;
  std::vector<Connection> connections_;
};

class SocketMember : public Member {
 public:
  SocketMember(const Plan& plan, const std::vector<std::string>& urls, int self,
               OwnedFd listener)
      : plan_(plan),
        urls_(urls),
        self_(self),
        limit_(plan.batch && !one_connection() ? kBenchBatch : 1),
        listener_(std::move(listener)) {}

  absl::Status WaitUntilReady() override {
    if (!one_connection()) {
      return readers_.Watch(listener_.get(), kListener);
    }
    if (self_ == 1) {
      absl::StatusOr<OwnedFd> caller = DialTo(urls_[1]);
      return caller.ok() ? readers_.Add(*std::move(caller)) : caller.status();
    }
    for (int i = 0; i < kAcceptTimes; ++i) {
      if (!WaitToRead(listener_.get())) continue;
      OwnedFd caller = AcceptFrom(listener_.get());
      if (caller.get() >= 0) return readers_.Add(std::move(caller));
    }
    return absl::UnavailableError("sockets: nobody has called");
  }

  absl::StatusOr<std::unique_ptr<Sender>> NewSender() override {
    if (one_connection()) return std::make_unique<OneSender>(readers_.fd(0));
    std::vector<OwnedFd> sockets;
    for (size_t i = 0; i < urls_.size(); ++i) {
      const int receiver = static_cast<int>(i) + 1;
      absl::StatusOr<OwnedFd> caller = OwnedFd();
      if (receiver != self_ && plan_.Receives(receiver)) {
        caller = DialTo(urls_[i]);
      }
      if (!caller.ok()) return caller.status();
      sockets.push_back(*std::move(caller));
    }
    // What is to come in time is not kept back for a batch.
    return std::make_unique<FanOutSender>(std::move(sockets),
                                          plan_.rate > 0 ? 0 : kBatchBytes);
  }

  absl::StatusOr<size_t> Receive(
      absl::FunctionRef<void(absl::string_view msg)> take) override {
    for (;;) {
      // The rest of what was read last comes first.
      if (last_ < readers_.size()) {
        SocketReader& reader = readers_.reader(last_);
        if (const size_t count = reader.Take(limit_, take)) return count;
        if (reader.more()) {
          const absl::StatusOr<bool> filled = readers_.Fill(last_);
          if (!filled.ok()) return filled.status();
          if (*filled) continue;
        }
      }
      size_t place = 0;
      if (!readers_.Wait(place)) return 0;
      if (place == kListener) {
        OwnedFd caller = AcceptFrom(listener_.get());
        if (caller.get() < 0) continue;
        absl::Status added = readers_.Add(std::move(caller));
        if (!added.ok()) return added;
        continue;
      }
      last_ = place;
      const absl::StatusOr<bool> filled = readers_.Fill(place);
      if (!filled.ok()) return filled.status();
    }
  }

 private:
  static constexpr size_t kListener = SIZE_MAX;

  // There and back the answer takes the way that the question took.
  bool one_connection() const { return plan_.mode == Plan::Mode::kPingPong; }

  const Plan& plan_;
  const std::vector<std::string>& urls_;
  const int self_;
  const size_t limit_;
  const OwnedFd listener_;
  Readers readers_;
  size_t last_ = SIZE_MAX;  // Where something was read last.
};

class SocketSystem : public System {
 public:
  SocketSystem(const Plan& plan, const std::vector<std::string>& urls)
      : plan_(plan), urls_(urls) {}

  absl::StatusOr<std::unique_ptr<Member>> Start(int server) override {
    absl::StatusOr<OwnedFd> listener =
        ListenAt(urls_[static_cast<size_t>(server - 1)]);
    if (!listener.ok()) return listener.status();
    return std::make_unique<SocketMember>(plan_, urls_, server,
                                          *std::move(listener));
  }

 private:
  const Plan& plan_;
  const std::vector<std::string> urls_;
};

}  // namespace

std::unique_ptr<System> NewSocketSystem(const Plan& plan,
                                        const std::vector<std::string>& urls) {
  return std::make_unique<SocketSystem>(plan, urls);
}

}  // namespace raft_cluster::internal
