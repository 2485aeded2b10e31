// The chat of examples/asio/chat.cc in libuv's loop: a port for clients and a
// cluster in one thread. (The casts are libuv's own way between its handles.)
//
//   bazel run //examples/libuv:chat -- $PWD/config.json 1  # Elsewhere 2, 3 ...
//   nc 127.0.0.1 PORT                                      # As it has printed.
#include <arpa/inet.h>
#include <uv.h>

#include <cstdlib>
#include <iostream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "raft/cluster/driver.h"
#include "raft/cluster/server.h"

namespace {

using raft_cluster::Context;
using raft_cluster::kBroadcast;
constexpr size_t kMaxBytes = 1 << 20;  // Of a line; that wait for a client.

struct Client : uv_tcp_t {
  uv_stream_t* stream() { return (uv_stream_t*)this; }
  std::string said;  // What it said and was not sent on yet.
};
struct Line : uv_write_t {
  std::string text;
};

class Chat : public raft_cluster::Handler, private uv_loop_t {
 public:
  explicit Chat(raft_cluster::Server& server) : server_(server) {}

  absl::Status Run() {
    const absl::StatusOr<int> fd = driver_.fd();
    if (!fd.ok()) return fd.status();
    uv_loop_init(this);
    uv_poll_init(this, &cluster_, *fd);
    uv_signal_init(this, &interrupt_);
    const auto stop = [](uv_signal_t* end, int) { uv_stop(end->loop); };
    uv_signal_start(&interrupt_, stop, SIGINT);
    sockaddr_in at;
    int size = sizeof(at);
    uv_ip4_addr("127.0.0.1", /*port=*/0, &at);
    uv_tcp_init(this, &listener_);
    uv_tcp_bind(&listener_, (sockaddr*)&at, /*flags=*/0);
    uv_listen(listener_.stream(), /*backlog=*/128,
              [](auto* caller, int) { Of(caller->loop).Accept(); });
    uv_tcp_getsockname(&listener_, (sockaddr*)&at, &size);
    std::cout << "listening on 127.0.0.1:" << ntohs(at.sin_port) << std::endl;
    WaitForCluster();
    uv_run(this, UV_RUN_DEFAULT);
    return absl::OkStatus();
  }

  void OnEnvelope(Context&, const raft_cluster::Received& got) override {
    for (Client* client : clients_) {
      auto* line =
          new Line{{}, absl::StrCat(got.from(), ": ", got.msg(), "\n")};
      const uv_buf_t text = uv_buf_init(&line->text[0], line->text.size());
      uv_write(line, client->stream(), &text, 1, [](auto* sent, int error) {
        if (error == 0) Of(sent->handle->loop).WaitForCluster();
        delete (Line*)sent;
      });
    }
  }
  void OnEvent(Context&, const raft_cluster::Event& event) override {
    if (event.kind() != raft_cluster::Event::ROOM) return;
    for (Client* client : clients_) SendOn(client);
  }

 private:
  static Chat& Of(uv_loop_t* loop) { return *static_cast<Chat*>(loop); }

  void Accept() {
    Client* client = *clients_.insert(new Client).first;
    uv_tcp_init(this, client);
    const int error = uv_accept(listener_.stream(), client->stream());
    error == 0 ? SendOn(client) : Drop(client);
  }

  void WaitForCluster() {
    for (Client* client : clients_) {
      if (client->write_queue_size < kMaxBytes) continue;
      return (void)uv_poll_stop(&cluster_);
    }
    uv_poll_start(&cluster_, UV_READABLE, [](auto* cluster, int, int) {
      Chat& chat = Of(cluster->loop);
      chat.driver_.Turn().IgnoreError();  // Whatever ended it, it is over.
      chat.driver_.done() ? uv_stop(&chat) : chat.WaitForCluster();
    });
  }

  // Sends the lines that are whole, and reads on when all have gone.
  void SendOn(Client* client) {
    size_t begin = 0, end;
    std::string& said = client->said;
    for (; (end = said.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string line = said.substr(begin, end - begin);
      const auto sent = server_.outbox().TrySend(kBroadcast, line).status();
      if (absl::IsResourceExhausted(sent)) break;
    }
    said.erase(0, begin);
    if (end != std::string::npos) return (void)uv_read_stop(client->stream());
    const auto space = [](uv_handle_t*, size_t, uv_buf_t* buffer) {
      static char bytes[65536];
      *buffer = uv_buf_init(bytes, sizeof(bytes));
    };
    uv_read_start(
        client->stream(), space, [](auto* read, ssize_t size, auto* buffer) {
          auto* client = (Client*)read;
          if (size > 0) client->said.append(buffer->base, size);
          const bool ends = size < 0 || client->said.size() > kMaxBytes;
          Chat& chat = Of(read->loop);
          ends ? chat.Drop(client) : chat.SendOn(client);
        });
  }

  void Drop(Client* client) {
    clients_.erase(client);
    uv_close((uv_handle_t*)client, [](auto* gone) { delete (Client*)gone; });
    WaitForCluster();
  }

  raft_cluster::Server& server_;
  raft_cluster::Driver driver_{server_, *this};
  uv_poll_t cluster_;
  uv_signal_t interrupt_;
  Client listener_;
  std::set<Client*> clients_;
};

}  // namespace

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc != 3) return 2;
  const auto config = raft_cluster::LoadConfig(argv[1]);
  if (!config.ok()) return std::cerr << config.status() << std::endl, 2;
  const auto server = raft_cluster::Server::Start(*config, std::atoi(argv[2]));
  if (!server.ok()) return std::cerr << server.status() << std::endl, 1;
  static Chat* const chat = new Chat(**server);  // libuv has parts of it.
  absl::Status status = chat->Run();
  status.Update((*server)->Close(/*timeout=*/absl::Seconds(2)));
  if (!status.ok()) return std::cerr << status << std::endl, 1;
}
