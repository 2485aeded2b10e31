// A chat over TCP and a cluster, in one thread and asio's loop. What a client
// of one server says, line by line, comes out at all clients of the others:
//
//   bazel run //examples/asio:chat -- $PWD/config.json 1  # Elsewhere 2, 3 ...
//   nc 127.0.0.1 PORT                                     # As it has printed.
//
// A client is not read while the cluster has no room for what it said, and
// nothing is taken out of the cluster while a client does not read.
#include <asio.hpp>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/driver.h"
#include "raft/cluster/server.h"

namespace {

using asio::ip::tcp;
using raft_cluster::Context;
using raft_cluster::kBroadcast;

constexpr size_t kMaxBytes = 1 << 20;  // Of a line; that wait for a client.

struct Client {
  tcp::socket socket;
  std::string said = {};     // What it said and was not sent on yet.
  std::string writing = {};  // What is being written to it, ...
  std::string unsent = {};   // ... and what comes after that.
};
using ClientPtr = std::shared_ptr<Client>;  // By what waits for its socket.

class Chat : public raft_cluster::Handler {
 public:
  explicit Chat(raft_cluster::Server& server) : server_(server) {}

  absl::Status Run() {
    const absl::StatusOr<int> fd = driver_.fd();
    if (!fd.ok()) return fd.status();
    cluster_.assign(*fd);
    std::cout << "listening on " << listener_.local_endpoint() << std::endl;
    signals_.async_wait([this](asio::error_code, int) { loop_.stop(); });
    Accept();
    WaitForCluster();
    loop_.run();
    cluster_.release();  // It is the driver's.
    return absl::OkStatus();
  }

  void OnEnvelope(Context&, const raft_cluster::Received& got) override {
    for (const ClientPtr& client : clients_) {
      absl::StrAppend(&client->unsent, got.from(), ": ", got.msg(), "\n");
      if (client->writing.empty()) Write(client);
    }
  }
  void OnEvent(Context&, const raft_cluster::Event& event) override {
    if (event.kind() != raft_cluster::Event::ROOM) return;
    for (const ClientPtr& client : std::exchange(waiting_, {})) SendOn(client);
  }

 private:
  void Accept() {
    listener_.async_accept([this](auto error, tcp::socket socket) {
      if (!error) Read(*clients_.emplace(new Client{std::move(socket)}).first);
      Accept();
    });
  }

  void WaitForCluster() {
    for (const ClientPtr& client : clients_) {
      if (client->unsent.size() > kMaxBytes) return;
    }
    if (std::exchange(waits_, true)) return;
    cluster_.async_wait(cluster_.wait_read, [this](asio::error_code) {
      waits_ = false;
      driver_.Turn().IgnoreError();  // Whatever ended it, it is over.
      if (driver_.done()) return loop_.stop();
      WaitForCluster();
    });
  }

  void Read(const ClientPtr& client) {
    asio::async_read_until(
        client->socket, asio::dynamic_buffer(client->said, kMaxBytes), '\n',
        [=](auto error, size_t) { error ? Drop(client) : SendOn(client); });
  }

  // Sends the lines that are whole, and reads on when all have gone.
  void SendOn(const ClientPtr& client) {
    std::string& said = client->said;
    size_t begin = 0, end;
    for (; (end = said.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = said.substr(begin, end - begin);
      const auto sent = server_.outbox().TrySend(kBroadcast, line).status();
      if (absl::IsResourceExhausted(sent)) break;
    }
    said.erase(0, begin);
    end == std::string::npos ? Read(client) : waiting_.push_back(client);
  }

  void Write(const ClientPtr& client) {
    client->writing = std::exchange(client->unsent, {});
    WaitForCluster();  // It may be what that waited for.
    if (client->writing.empty()) return;
    asio::async_write(
        client->socket, asio::buffer(client->writing),
        [=](auto error, size_t) { error ? Drop(client) : Write(client); });
  }

  void Drop(const ClientPtr& client) {
    client->socket.close();
    clients_.erase(client);
    WaitForCluster();
  }

  raft_cluster::Server& server_;
  raft_cluster::Driver driver_{server_, *this};
  asio::io_context loop_;
  asio::posix::stream_descriptor cluster_{loop_};
  bool waits_ = false;  // For cluster_.
  tcp::acceptor listener_{loop_, {asio::ip::address_v4::loopback(), 0}};
  asio::signal_set signals_{loop_, SIGINT, SIGTERM};
  std::set<ClientPtr> clients_;
  std::vector<ClientPtr> waiting_;  // For room.
};

}  // namespace

int main(int argc, char** argv) {
  raft_cluster::Pid pid = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[2], &pid)) return 2;
  const auto config = raft_cluster::LoadConfig(argv[1]);
  if (!config.ok()) return std::cerr << config.status() << std::endl, 2;
  const auto server = raft_cluster::Server::Start(*config, pid);
  if (!server.ok()) return std::cerr << server.status() << std::endl, 1;
  absl::Status status = Chat(**server).Run();
  status.Update((*server)->Close(/*timeout=*/absl::Seconds(2)));
  if (!status.ok()) return std::cerr << status << std::endl, 1;
}
