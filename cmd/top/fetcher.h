// Asks many status ports at once.
//
//   Fetcher fetcher({"http://127.0.0.1:8001", "http://127.0.0.1:8002"});
//   std::vector<absl::StatusOr<Stats>> answers =
//       fetcher.Fetch(absl::Seconds(1), {Signals()});
//
// Thread rule: one thread.
#ifndef RAFT_CMD_TOP_FETCHER_H_
#define RAFT_CMD_TOP_FETCHER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster::internal {

class Fetcher {
 public:
  // Each url is "http://HOST:PORT"; https is as good, where something in front
  // of the port speaks it.
  explicit Fetcher(std::vector<std::string> urls);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // The answers, in the order of the urls, for which it waits at most so long,
  // or until one of `wake` is readable. UNAVAILABLE: there is none, and why.
  // DATA_LOSS: what answers is no status port. CANCELLED: woken before.
  std::vector<absl::StatusOr<Stats>> Fetch(absl::Duration timeout,
                                           const std::vector<int>& wake);

  const std::vector<std::string>& urls() const { return urls_; }

 private:
  class Request;

  const std::vector<std::string> urls_;
  std::vector<std::unique_ptr<Request>> requests_;
  void* multi_;  // A CURLM.
};

// "127.0.0.1:8001" -> "http://127.0.0.1:8001"; what is a url stays, without a
// slash at its end.
std::string StatusUrl(absl::string_view address);

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_TOP_FETCHER_H_
