// The chats of examples/, two processes of each: clients over TCP say lines to
// one of them and read them at the other.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "raft/testing/eventually.h"
#include "raft/testing/programs/process.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

constexpr int kSkipped = 77;

class Client {
 public:
  explicit Client(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(
        connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // As much of it as is taken before nothing more was for `patience`.
  size_t Say(const std::string& text, absl::Duration patience = kPatience) {
    size_t said = 0;
    while (said < text.size() && Is(POLLOUT, patience)) {
      const ssize_t size = send(fd_, text.data() + said, text.size() - said,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size < 0) break;
      said += static_cast<size_t>(size);
    }
    return said;
  }
  // The next line; "" if none comes.
  std::string Hear(absl::Duration patience = kPatience) {
    size_t end;
    while ((end = heard_.find('\n', begin_)) == std::string::npos) {
      heard_.erase(0, begin_);
      begin_ = 0;
      char bytes[65536];
      if (!Is(POLLIN, patience)) return "";
      const ssize_t size = recv(fd_, bytes, sizeof(bytes), 0);
      if (size <= 0) return "";
      heard_.append(bytes, static_cast<size_t>(size));
    }
    const std::string line = heard_.substr(begin_, end - begin_);
    begin_ = end + 1;
    return line;
  }

 private:
  bool Is(short event, absl::Duration patience) {
    pollfd polled = {fd_, event, 0};
    return poll(&polled, 1,
                static_cast<int>(absl::ToInt64Milliseconds(patience))) > 0;
  }

  const int fd_;
  std::string heard_;
  size_t begin_ = 0;  // Of what was heard and not returned.
};

class Chat : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (const int pid : {1, 2}) {
      Process::Spec spec;
      spec.program = GetParam();
      spec.arguments = {cluster_.config_path(), std::to_string(pid)};
      chats_[pid - 1] = Process::Start(spec).value();
      const std::string line =
          chats_[pid - 1]->ReadLine(kPatience).value_or("");
      if (line.empty() && chats_[pid - 1]->WaitForExit(kPatience) == kSkipped) {
        GTEST_SKIP() << "the compiler has no coroutines";
      }
      absl::string_view port = line;
      int number = 0;
      ASSERT_TRUE(absl::ConsumePrefix(&port, "listening on 127.0.0.1:") &&
                  absl::SimpleAtoi(port, &number))
          << line;
      clients_[pid - 1] =
          std::make_unique<Client>(static_cast<uint16_t>(number));
    }
  }

  // Until both hear each other: who is not let in yet hears nothing.
  void Meet() {
    bool heard[2] = {};
    ASSERT_TRUE(Eventually([&] {
      for (const int i : {0, 1}) clients_[i]->Say("are you there?\n");
      for (const int i : {0, 1}) {
        heard[i] |= !clients_[i]->Hear(absl::Milliseconds(100)).empty();
      }
      return heard[0] && heard[1];
    }));
  }
  // What comes after that.
  std::string Hear(int pid) {
    std::string line;
    do {
      line = clients_[pid - 1]->Hear();
    } while (absl::EndsWith(line, "are you there?"));
    return line;
  }
  void ExpectEnds() {
    for (const auto& chat : chats_) chat->Signal(SIGINT);
    for (const auto& chat : chats_) {
      // 1, where something was left for one who had gone before.
      EXPECT_GE(chat->WaitForExit(kPatience).value_or(-1), 0) << chat->errors();
    }
  }

  const ProgramCluster cluster_{2};
  std::unique_ptr<Process> chats_[2];
  std::unique_ptr<Client> clients_[2];
};

TEST_P(Chat, LinesOfAClientComeOutAtThoseOfTheOtherServer) {
  Meet();
  clients_[0]->Say("first\nsec");
  EXPECT_EQ(Hear(2), "1: first");
  clients_[0]->Say("ond\n\nlast\n");
  EXPECT_EQ(Hear(2), "1: second");
  EXPECT_EQ(Hear(2), "1: ");
  EXPECT_EQ(Hear(2), "1: last");
  clients_[1]->Say("answer\n");
  EXPECT_EQ(Hear(1), "2: answer");
  ExpectEnds();
}

TEST_P(Chat, GoesOnWithoutAClientThatHasGone) {
  Meet();
  clients_[0]->Say("the last\n");
  clients_[0].reset();
  EXPECT_EQ(Hear(2), "1: the last");
  clients_[1]->Say("to nobody\n");
  ExpectEnds();
}

// Far more than the queues on the way take: what the first server has no room
// for it leaves with its client, and goes on when there is some.
TEST_P(Chat, LosesNothingWhereNobodyReadsForAWhile) {
  constexpr int kLines = 3000;
  const std::string filler(60000, 'x');
  Meet();
  std::string text;
  for (int i = 0; i < kLines; ++i) absl::StrAppend(&text, i, " ", filler, "\n");
  const size_t said = clients_[0]->Say(text, absl::Seconds(1));
  EXPECT_LT(said, text.size()) << "all of it is somewhere";
  size_t more = said;
  for (int i = 0; i < kLines; ++i) {
    more += clients_[0]->Say(text.substr(more, size_t{1} << 18),
                             absl::ZeroDuration());
    const std::string line = Hear(2);
    ASSERT_EQ(line.substr(0, line.size() - filler.size()),
              absl::StrCat("1: ", i, " "));
  }
  EXPECT_EQ(more, text.size());
  ExpectEnds();
}

INSTANTIATE_TEST_SUITE_P(All, Chat,
                         testing::Values("examples/asio/chat",
                                         "examples/asio/chat_coroutines",
                                         "examples/libuv/chat"),
                         [](const auto& program) {
                           std::string name =
                               program.param.substr(sizeof("examples/") - 1);
                           for (char& c : name) c = c == '/' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace raft_cluster::internal
