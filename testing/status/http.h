// A small HTTP client, and callers that do not do what a client should.
//
//   const Reply reply = Get(status->url(), "/status");
//   EXPECT_EQ(reply.code, 200);
//
// Thread rule: any thread; a Caller is one thread's.
#ifndef RAFT_TESTING_STATUS_HTTP_H_
#define RAFT_TESTING_STATUS_HTTP_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/testing/eventually.h"

namespace raft_cluster::internal {

// A TCP connection to a port of this machine.
class Caller {
 public:
  // `url` is "http://127.0.0.1:8001".
  explicit Caller(const std::string& url);
  Caller(Caller&& other) noexcept;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller();

  // False: nobody listens, or there is no room for one more.
  bool connected() const { return fd_ >= 0; }
  // False: not all of it went out within `patience`, or the other end is gone.
  bool Send(absl::string_view bytes, absl::Duration patience = kPatience);
  // All up to the end of the connection, or what came within `patience`.
  std::string ReadAll(absl::Duration patience = kPatience);

 private:
  int fd_ = -1;
};

struct Reply {
  int code = 0;  // 0: none came.
  std::string head;
  std::string body;
};

// What came, taken apart.
Reply ParseReply(const std::string& text);

Reply Ask(const std::string& url, absl::string_view method,
          absl::string_view path, absl::string_view headers = "",
          absl::Duration patience = kPatience);
Reply Get(const std::string& url, absl::string_view path,
          absl::Duration patience = kPatience);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_STATUS_HTTP_H_
