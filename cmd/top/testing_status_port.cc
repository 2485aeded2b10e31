#include "raft/cmd/top/testing_status_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {

StatusPort::StatusPort()
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(listener_, any, size), 0);
  EXPECT_EQ(listen(listener_, 16), 0);
  EXPECT_EQ(getsockname(listener_, any, &size), 0);
  url_ = absl::StrCat("http://127.0.0.1:", ntohs(address.sin_port));
  thread_ = std::thread([this] { Run(); });
}

StatusPort::~StatusPort() {
  end_.Set();
  thread_.join();
  for (const int connection : waiting_) close(connection);
  close(listener_);
}

void StatusPort::Answer(const Stats& stats) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(stats, &json).ok());
  AnswerRaw(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", json.size(),
                         "\r\nConnection: close\r\n\r\n", json));
}

void StatusPort::AnswerRaw(std::string bytes) {
  MutexLock lock(mu_);
  answer_ = std::move(bytes);
}

void StatusPort::Run() {
  for (;;) {
    pollfd fds[] = {{listener_, POLLIN, 0}, {end_.fd(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) return;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection >= 0) Serve(connection);
  }
}

void StatusPort::Serve(int connection) {
  std::string answer;
  {
    MutexLock lock(mu_);
    answer = answer_;
  }
  if (answer.empty()) {
    waiting_.push_back(connection);
    return;
  }
  // What was not read would reset the connection under the answer.
  char request[4096];
  (void)!read(connection, request, sizeof(request));
  (void)!send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
  close(connection);
}

Stats StatsOf(int32_t pid, const std::vector<PeerStats::State>& states) {
  Stats stats;
  stats.set_pid(pid);
  stats.set_url(absl::StrCat("tcp://127.0.0.1:", 10000 + pid));
  stats.mutable_incarnation()->set_random(1);
  for (size_t i = 0; i < states.size(); ++i) {
    const auto peer = static_cast<int32_t>(i) + 1;
    if (peer == pid) continue;
    PeerStats* one = stats.add_peers();
    one->set_pid(peer);
    one->set_state(states[i]);
    if (states[i] != PeerStats::UP) {
      one->set_reason(absl::StrCat("because of ", peer));
    }
  }
  return stats;
}

}  // namespace raft_cluster::internal
