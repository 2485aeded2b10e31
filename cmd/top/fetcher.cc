#include "raft/cmd/top/fetcher.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/json_util.h"

namespace raft_cluster::internal {
namespace {

// What a thousand peers and their events need, ten times over: what answers may
// be anything.
constexpr size_t kMaxBytes = size_t{32} << 20;

absl::StatusOr<Stats> Parse(const std::string& body) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;  // Of a newer server.
  Stats stats;
  if (!google::protobuf::util::JsonStringToMessage(body, &stats, options)
           .ok() ||
      stats.pid() <= 0) {
    return absl::DataLossError("what answers there is no status port");
  }
  return stats;
}

}  // namespace

class Fetcher::Request {
 public:
  explicit Request(const std::string& url) : easy_(curl_easy_init()) {
    const std::string status = absl::StrCat(url, "/status");
    curl_easy_setopt(easy_, CURLOPT_URL, status.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    // A proxy would not reach what listens on 127.0.0.1.
    curl_easy_setopt(easy_, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Request::Write);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  }
  ~Request() { curl_easy_cleanup(easy_); }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  void Begin(CURLM* multi, absl::Duration timeout) {
    body_.clear();
    answer_ = absl::CancelledError("not waited for");
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(timeout)));
    curl_multi_add_handle(multi, easy_);
  }

  void Finish(CURLcode code) {
    long http = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &http);
    if (code == CURLE_OPERATION_TIMEDOUT) {
      answer_ = absl::UnavailableError("no answer in time");
    } else if (code == CURLE_COULDNT_CONNECT) {
      answer_ = absl::UnavailableError("nobody listens there");
    } else if (code != CURLE_OK) {
      answer_ = absl::UnavailableError(curl_easy_strerror(code));
    } else if (http != 200) {
      answer_ = absl::UnavailableError(absl::StrCat("it answers ", http));
    } else {
      answer_ = Parse(body_);
    }
  }

  absl::StatusOr<Stats> End(CURLM* multi) {
    curl_multi_remove_handle(multi, easy_);
    return std::move(answer_);
  }

 private:
  static size_t Write(char* bytes, size_t one, size_t size, void* request) {
    std::string& body = static_cast<Request*>(request)->body_;
    // Any other number than `size` ends the transfer.
    if (one != 1 || body.size() + size > kMaxBytes) return 0;
    body.append(bytes, size);
    return size;
  }

  CURL* const easy_;
  std::string body_;
  absl::StatusOr<Stats> answer_ = absl::CancelledError("");
};

Fetcher::Fetcher(std::vector<std::string> urls) : urls_(std::move(urls)) {
  // Once in a process, before it has other threads.
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialized;
  multi_ = curl_multi_init();
  for (const std::string& url : urls_) {
    requests_.push_back(std::make_unique<Request>(url));
  }
}

Fetcher::~Fetcher() {
  requests_.clear();
  curl_multi_cleanup(multi_);
}

std::vector<absl::StatusOr<Stats>> Fetcher::Fetch(
    absl::Duration timeout, const std::vector<int>& wake) {
  for (const auto& request : requests_) request->Begin(multi_, timeout);
  std::vector<curl_waitfd> fds;
  for (const int fd : wake) fds.push_back({fd, CURL_WAIT_POLLIN, 0});
  int running = 1;
  bool woken = false;
  while (running > 0 && !woken) {
    curl_multi_perform(multi_, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* request = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
      reinterpret_cast<Request*>(request)->Finish(message->data.result);
    }
    if (running == 0) break;
    curl_multi_poll(multi_, fds.data(), static_cast<unsigned>(fds.size()),
                    /*timeout_ms=*/1000, nullptr);
    woken = std::any_of(fds.begin(), fds.end(),
                        [](const curl_waitfd& fd) { return fd.revents != 0; });
  }
  std::vector<absl::StatusOr<Stats>> answers;
  for (const auto& request : requests_) {
    answers.push_back(request->End(multi_));
  }
  return answers;
}

std::string StatusUrl(absl::string_view address) {
  while (absl::ConsumeSuffix(&address, "/")) {
  }
  return absl::StrContains(address, "://") ? std::string(address)
                                           : absl::StrCat("http://", address);
}

}  // namespace raft_cluster::internal
