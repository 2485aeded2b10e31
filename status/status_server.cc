#include "raft/status/status_server.h"

#include <civetweb.h>
#include <signal.h>

#include <atomic>
#include <chrono>  // NOLINT(build/c++11)
#include <cstring>
#include <thread>  // NOLINT(build/c++11)
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"
#include "raft/base/thread.h"
#include "raft/status/address.h"
#include "raft/status/answers.h"
#include "raft/status/history.h"

namespace raft_cluster {
namespace {

using internal::Answer;
using internal::CondVar;
using internal::History;
using internal::Mutex;
using internal::MutexLock;
using internal::StatusAddress;

// The bounds that the header promises.
constexpr char kThreads[] = "4";
constexpr char kRequestTimeoutMs[] = "5000";
constexpr char kMaxRequestBytes[] = "8192";
constexpr char kWaitingConnections[] = "32";

constexpr std::chrono::milliseconds kCallInterval(10);
constexpr absl::Duration kSampleInterval = absl::Seconds(1);

// The page is all in one, and asks nobody but its own server.
constexpr char kHeaders[] =
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri "
    "'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

// Keeps the process's signals, and what it does about a broken pipe, out of the
// hands of a library that starts threads.
class SignalsKept {
 public:
  SignalsKept() {
    sigaction(SIGPIPE, nullptr, &pipe_);
    sigset_t most;
    sigfillset(&most);
    // Those that a thread brings on itself are of no use to another.
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) {
      sigdelset(&most, own);
    }
    pthread_sigmask(SIG_BLOCK, &most, &mask_);
  }
  ~SignalsKept() {
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    sigaction(SIGPIPE, &pipe_, nullptr);
  }

 private:
  struct sigaction pipe_;
  sigset_t mask_;
};

const char* ReasonPhrase(int code) {
  switch (code) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 421:
      return "Misdirected Request";
    default:
      return "Service Unavailable";
  }
}

void Write(mg_connection* connection, const Answer& answer, bool body) {
  std::string text = absl::StrCat(
      "HTTP/1.1 ", answer.code, " ", ReasonPhrase(answer.code), "\r\n",
      kHeaders, "Content-Type: ", answer.type,
      "\r\nContent-Length: ", answer.body.size(),
      answer.code == 405 ? "\r\nAllow: GET, HEAD\r\n\r\n" : "\r\n\r\n");
  if (body) text += answer.body;
  // Who does not read it within the timeout loses it.
  mg_write(connection, text.data(), text.size());
}

}  // namespace

class StatusServer::Impl {
 public:
  Impl(StatusAddress address, const StatusOptions& options)
      : options_(options), address_(std::move(address)) {}

  ~Impl() {
    {
      MutexLock lock(mu_);
      stop_ = true;
      stopped_.NotifyAll();
    }
    if (sampler_.joinable()) sampler_.join();
    if (context_ != nullptr) Stop();
  }

  absl::Status Start() {
    const SignalsKept kept;
    if (absl::Status status = Listen(); !status.ok()) return status;
    mg_server_port port;
    if (mg_get_server_ports(context_, 1, &port) == 1) {
      address_.port = static_cast<uint16_t>(port.port);
    }
    url_ = absl::StrCat("http://", address_.ToString());
    return internal::StartThread([this] { Sample(); }, &sampler_);
  }

  void Show(const Server* server) {
    MutexLock lock(mu_);
    shown_ = server;
    sampled_at_ = {};
  }

  const std::string& url() const { return url_; }
  bool open_to_others() const { return !address_.loopback(); }

 private:
  using Clock = std::chrono::steady_clock;

  absl::Status Listen() {
    const std::string where = address_.ToString();
    const char* const options[] = {
        "listening_ports", where.c_str(), "num_threads", kThreads,
        "request_timeout_ms", kRequestTimeoutMs, "max_request_size",
        kMaxRequestBytes, "connection_queue", kWaitingConnections,
        // Of what else it can do, nothing is wanted.
        "enable_auth_domain_check", "no", "enable_directory_listing", "no",
        "access_control_allow_origin", "", nullptr};
    mg_callbacks callbacks = {};
    callbacks.begin_request = OnRequest;
    callbacks.log_message = OnMessage;
    mg_init_data init = {};
    init.callbacks = &callbacks;
    init.user_data = this;
    init.configuration_options = const_cast<const char**>(options);
    context_ = mg_start2(&init, nullptr);
    MutexLock lock(mu_);
    started_ = context_ != nullptr;
    if (started_) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(
        "the status port ", where,
        " cannot be listened on: ", said_.empty() ? "no reason given" : said_));
  }

  // The thread that accepts looks only every two seconds whether it is to stop,
  // unless somebody calls.
  void Stop() {
    std::atomic<bool> stopped{false};
    internal::Thread stopping;
    const absl::Status started = internal::StartThread(
        [this, &stopped] {
          mg_stop(context_);
          stopped = true;
        },
        &stopping);
    if (!started.ok()) return mg_stop(context_);  // Then slowly.
    while (!stopped) {
      internal::CallPort(address_);
      std::this_thread::sleep_for(kCallInterval);
    }
    stopping.join();
  }

  // Of the start, the first message says what went wrong; later ones, which
  // strangers bring about, are nobody's business.
  static int OnMessage(const mg_connection* connection, const char* message) {
    auto* const self =
        static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
    if (self == nullptr) return 1;
    MutexLock lock(self->mu_);
    if (!self->started_ && self->said_.empty()) self->said_ = message;
    return 1;
  }

  static int OnRequest(mg_connection* connection) {
    const mg_request_info* const info = mg_get_request_info(connection);
    auto* const self = static_cast<Impl*>(info->user_data);
    const bool head = std::strcmp(info->request_method, "HEAD") == 0;
    Answer answer;
    if (!head && std::strcmp(info->request_method, "GET") != 0) {
      answer.code = 405;
      answer.body = "this port is for looking: GET and HEAD\n";
    } else if (const char* const host = mg_get_header(connection, "Host");
               self->address_.loopback() &&
               !internal::NamesThisMachine(host == nullptr ? "" : host)) {
      answer.code = 421;
      answer.body =
          "this port is for this machine; call it localhost or 127.0.0.1\n";
    } else {
      answer = self->AnswerTo(
          {info->local_uri == nullptr ? "" : info->local_uri,
           info->query_string == nullptr ? "" : info->query_string});
    }
    Write(connection, answer, !head);
    return answer.code;
  }

  Answer AnswerTo(const internal::Question& question) {
    MutexLock lock(mu_);
    return internal::AnswerTo(question, shown_, history_, options_.ready_peers);
  }

  void Sample() {
    MutexLock lock(mu_);
    Clock::time_point next = Clock::now();
    while (!stop_) {
      const Clock::time_point now = Clock::now();
      if (now < next) {
        stopped_.WaitFor(
            mu_,
            std::chrono::duration_cast<std::chrono::microseconds>(next - now));
        continue;
      }
      next = now + absl::ToChronoMicroseconds(kSampleInterval);
      if (shown_ == nullptr) continue;
      const bool first = sampled_at_ == Clock::time_point();
      history_.Add(shown_->stats(), first
                                        ? absl::ZeroDuration()
                                        : absl::FromChrono(now - sampled_at_));
      sampled_at_ = now;
    }
  }

  const StatusOptions options_;
  StatusAddress address_;
  std::string url_;
  mg_context* context_ = nullptr;

  // Also held while the server is asked, so that Show() waits for that.
  Mutex mu_;
  CondVar stopped_;
  const Server* shown_ ABSL_GUARDED_BY(mu_) = nullptr;
  History history_ ABSL_GUARDED_BY(mu_);
  Clock::time_point sampled_at_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool started_ ABSL_GUARDED_BY(mu_) = false;
  // By the HTTP server before it was started.
  std::string said_ ABSL_GUARDED_BY(mu_);
  internal::Thread sampler_;
};

absl::StatusOr<std::unique_ptr<StatusServer>> StatusServer::Start(
    absl::string_view address, const StatusOptions& options) {
  absl::StatusOr<StatusAddress> parsed = internal::ParseStatusAddress(address);
  if (!parsed.ok()) return parsed.status();
  auto impl = std::make_unique<Impl>(*std::move(parsed), options);
  if (absl::Status status = impl->Start(); !status.ok()) return status;
  return absl::WrapUnique(new StatusServer(std::move(impl)));
}

StatusServer::StatusServer(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

StatusServer::~StatusServer() = default;

void StatusServer::Show(const Server* server) { impl_->Show(server); }

const std::string& StatusServer::url() const { return impl_->url(); }

bool StatusServer::open_to_others() const { return impl_->open_to_others(); }

}  // namespace raft_cluster
