#include "raft/cluster/engine_options.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxEnvelopeBytes = size_t{1} << 30;
constexpr absl::Duration kMinFailureTimeout = absl::Milliseconds(50);
constexpr absl::Duration kMaxFailureTimeout = absl::Hours(1);
// Much longer than the system ever takes to wake a thread.
constexpr absl::Duration kMaxSpin = absl::Milliseconds(10);
constexpr int kHeartbeatsPerFailure = 10;

absl::Status BudgetError(absl::string_view name, size_t value,
                         size_t envelope) {
  return absl::InvalidArgumentError(
      absl::StrCat("Options::", name, " is ", value,
                   ", but must be at least max_envelope_bytes + 65536 = ",
                   envelope + kBudgetAboveEnvelope));
}

}  // namespace

absl::Status CheckOptions(const Options& options) {
  const size_t envelope = options.max_envelope_bytes;
  if (envelope > kMaxEnvelopeBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("Options::max_envelope_bytes is ", envelope,
                     ", but at most ", kMaxEnvelopeBytes, " is allowed"));
  }
  // Room for the largest envelope that is allowed, or it could never be sent,
  // and for others beside it.
  if (options.link_budget_bytes < envelope + kBudgetAboveEnvelope) {
    return BudgetError("link_budget_bytes", options.link_budget_bytes,
                       envelope);
  }
  if (options.inbox_budget_bytes < envelope + kBudgetAboveEnvelope) {
    return BudgetError("inbox_budget_bytes", options.inbox_budget_bytes,
                       envelope);
  }
  if (options.total_budget_bytes < envelope + kBudgetAboveEnvelope) {
    return BudgetError("total_budget_bytes", options.total_budget_bytes,
                       envelope);
  }
  if (options.failure_timeout < kMinFailureTimeout ||
      options.failure_timeout > kMaxFailureTimeout) {
    return absl::InvalidArgumentError(
        absl::StrCat("Options::failure_timeout is ",
                     absl::FormatDuration(options.failure_timeout),
                     ", not within ", absl::FormatDuration(kMinFailureTimeout),
                     " to ", absl::FormatDuration(kMaxFailureTimeout)));
  }
  if (options.idle_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "Options::idle_timeout is ", absl::FormatDuration(options.idle_timeout),
        ", but must be above 0 (InfiniteDuration: never)"));
  }
  if (options.spin < absl::ZeroDuration() || options.spin > kMaxSpin) {
    return absl::InvalidArgumentError(
        absl::StrCat("Options::spin is ", absl::FormatDuration(options.spin),
                     ", not within 0 to ", absl::FormatDuration(kMaxSpin)));
  }
  return absl::OkStatus();
}

void ApplyOptions(const Options& options, EngineOptions* engine) {
  LinkOptions& link = engine->link;
  link.link_budget_bytes = options.link_budget_bytes;
  link.inbox_budget_bytes = options.inbox_budget_bytes;
  engine->total_budget_bytes = options.total_budget_bytes;
  link.max_envelope_bytes = options.max_envelope_bytes;
  link.failure_timeout = absl::ToInt64Microseconds(options.failure_timeout);
  // Some may be lost, or late, before anybody calls this server silent.
  link.heartbeat = link.failure_timeout / kHeartbeatsPerFailure;
  link.void_on_restart = options.on_restart == Options::OnRestart::kVoid;
  if (options.idle_timeout != absl::InfiniteDuration()) {
    engine->idle_timeout = absl::ToInt64Microseconds(options.idle_timeout);
  }
}

}  // namespace raft_cluster::internal
