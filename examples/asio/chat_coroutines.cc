// chat.cc with coroutines, for compilers that have them (C++20): each client
// has one that reads and one that writes.
#include <unistd.h>

#include <algorithm>
#include <asio.hpp>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/driver.h"
#include "raft/cluster/server.h"

#ifndef ASIO_HAS_CO_AWAIT

int main() { return 77; }  // As tests end that are skipped.

#else

namespace {

using asio::awaitable;
using asio::ip::tcp;
using raft_cluster::Context;

// Of a line, and of what waits to be written to a client.
constexpr size_t kMaxBytes = 1 << 20;

struct Client {
  tcp::socket socket;
  asio::steady_timer news;  // Cancelled: there is some, or it has gone.
  std::string unsent = {};  // What is to be written to it.
};
constexpr auto kNever = asio::steady_timer::time_point::max();
using ClientPtr = std::shared_ptr<Client>;  // By the two that serve it.
bool IsSlow(const ClientPtr& client) {
  return client->unsent.size() > kMaxBytes;
}

class Chat : public raft_cluster::Handler {
 public:
  Chat(raft_cluster::Server& server, asio::io_context& loop)
      : server_(server), loop_(loop) {}

  absl::Status Run() {
    const absl::StatusOr<int> fd = driver_.fd();
    if (!fd.ok()) return fd.status();
    asio::co_spawn(loop_, ServeCluster(*fd), asio::detached);
    asio::co_spawn(loop_, Accept(), asio::detached);
    loop_.run();
    return absl::OkStatus();
  }

  void OnEnvelope(Context&, const raft_cluster::Received& got) override {
    for (const ClientPtr& client : clients_) {
      absl::StrAppend(&client->unsent, got.from(), ": ", got.msg(), "\n");
      client->news.cancel();
    }
  }
  void OnEvent(Context&, const raft_cluster::Event& event) override {
    if (event.kind() == raft_cluster::Event::ROOM) room_.cancel();
  }

 private:
  awaitable<void> ServeCluster(int fd) {
    asio::posix::stream_descriptor cluster(loop_, dup(fd));  // It closes it.
    while (!driver_.done()) {
      co_await cluster.async_wait(cluster.wait_read, asio::use_awaitable);
      driver_.Turn().IgnoreError();  // Whatever ended it, it is over.
      while (std::any_of(clients_.begin(), clients_.end(), IsSlow)) {
        co_await written_.async_wait(Told());
      }
    }
    loop_.stop();
  }

  awaitable<void> Accept() {
    tcp::acceptor listener(loop_, {asio::ip::address_v4::loopback(), 0});
    std::cout << "listening on " << listener.local_endpoint() << std::endl;
    for (;;) {
      tcp::socket socket = co_await listener.async_accept(Told());
      const auto client = std::make_shared<Client>(
          Client{std::move(socket), asio::steady_timer(loop_, kNever)});
      clients_.insert(client);
      asio::co_spawn(loop_, Read(client), asio::detached);
      asio::co_spawn(loop_, Write(client), asio::detached);
    }
  }

  awaitable<void> Read(ClientPtr client) {
    asio::error_code error;
    for (std::string said;;) {
      co_await asio::async_read_until(
          client->socket, asio::dynamic_buffer(said, kMaxBytes), '\n',
          asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      size_t begin = 0;
      for (size_t end; (end = said.find('\n', begin)) != std::string::npos;) {
        while (IsFull(said.substr(begin, end - begin))) {
          co_await room_.async_wait(Told());
        }
        begin = end + 1;
      }
      said.erase(0, begin);
    }
    client->socket.close(error);
    clients_.erase(client);
    client->news.cancel();
    written_.cancel();
  }

  awaitable<void> Write(ClientPtr client) {
    asio::error_code error;
    while (client->socket.is_open()) {
      if (client->unsent.empty()) co_await client->news.async_wait(Told());
      const std::string writing = std::exchange(client->unsent, {});
      written_.cancel();
      co_await asio::async_write(
          client->socket, asio::buffer(writing),
          asio::redirect_error(asio::use_awaitable, error));
      if (error) client->socket.close(error);  // Read() sees to the rest.
    }
  }

  // For waits that do not fail.
  asio::redirect_error_t<asio::use_awaitable_t<> > Told() {
    return asio::redirect_error(asio::use_awaitable, ignored_);
  }

  bool IsFull(const std::string& line) {
    const auto sent = server_.outbox().TrySend(raft_cluster::kBroadcast, line);
    return absl::IsResourceExhausted(sent.status());
  }

  raft_cluster::Server& server_;
  raft_cluster::Driver driver_{server_, *this};
  asio::io_context& loop_;
  // Timers that never go off: cancelled, they tell those who wait.
  asio::steady_timer room_{loop_, kNever};     // There is some in the cluster.
  asio::steady_timer written_{loop_, kNever};  // To a client; or one has gone.
  asio::error_code ignored_;
  std::set<ClientPtr> clients_;
};

}  // namespace

int main(int argc, char** argv) {
  raft_cluster::Pid pid = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[2], &pid)) return 2;
  const auto config = raft_cluster::LoadConfig(argv[1]);
  if (!config.ok()) return std::cerr << config.status() << std::endl, 2;
  const auto server = raft_cluster::Server::Start(*config, pid);
  if (!server.ok()) return std::cerr << server.status() << std::endl, 1;
  asio::io_context loop;
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&loop](asio::error_code, int) { loop.stop(); });
  absl::Status status = Chat(**server, loop).Run();
  status.Update((*server)->Close(/*timeout=*/absl::Seconds(2)));
  if (!status.ok()) return std::cerr << status << std::endl, 1;
}

#endif
