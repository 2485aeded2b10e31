#include "raft/cmd/bench/plan.h"

#include <cmath>
#include <cstdint>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "raft/cluster/config.h"
#include "raft/cmd/bench/server_keys.h"
#include "raft/transport/registry.h"

ABSL_FLAG(std::string, mode, "stream",
          "stream: 1 server to 1; pingpong: the same, and back; broadcast: 1 "
          "to all others; mesh: each to one or all");
ABSL_FLAG(std::vector<std::string>, transport, {"tcp"},
          "the schemes of the carriers that are measured, in turn: tcp, ipc, "
          "loopback and what else the library has; each server is a process, "
          "but for loopback");
ABSL_FLAG(std::vector<std::string>, baseline, {},
          "measure these in turn with raft, and compare: zmq is bare libzmq, "
          "socket a bare TCP socket (in batches of 64 KiB, or there and back)");
ABSL_FLAG(bool, keys, false,
          "raft servers have keys, so that what they say is encrypted: on "
          "tcp; on tls they always have");
ABSL_FLAG(std::string, baseline_transport, "",
          "of zmq: tcp, ipc, loopback (inproc); \"\": like the first of "
          "--transport, or tcp where libzmq does not know that");
ABSL_FLAG(int32_t, servers, 0, "how many; 0: 2, or 5 in broadcast and mesh");
ABSL_FLAG(int64_t, size, 64, "bytes of each message");
ABSL_FLAG(int32_t, senders, 1, "threads that send, of each server that does");
ABSL_FLAG(int32_t, budget_mib, 64,
          "what a raft server may queue for each of its peers; where there are "
          "many servers in one process, the queues need not be long");
ABSL_FLAG(double, rate, 0,
          "messages per second in all, and their latency, counted from when "
          "they were due; 0: as many as possible");
ABSL_FLAG(double, seconds, 1, "of each round");
ABSL_FLAG(int32_t, rounds, 5, "how often each is measured");
ABSL_FLAG(absl::Duration, spin, absl::ZeroDuration(),
          "for how long a raft server looks before it sleeps, such as 100us: "
          "lower latency for a core, where the carrier can");
ABSL_FLAG(bool, one_core, false, "all servers on one processor core");
ABSL_FLAG(bool, one_process, false,
          "all servers in one process, as always with loopback and mesh");
ABSL_FLAG(bool, batch, true, "receive many at a time, not one");
ABSL_FLAG(int32_t, send_batch, 1,
          "raft sends so many at a time, with Outbox::SendMany()");
ABSL_FLAG(std::string, format, "table", "table or json");
ABSL_FLAG(std::string, plot, "",
          "draw what was measured, in an SVG file of this name");
ABSL_FLAG(std::vector<std::string>, grow, {},
          "with --plot, in broadcast and mesh: measure with these numbers of "
          "servers, too, such as 2,4,8,16");

namespace raft_cluster::internal {
namespace {

constexpr int64_t kMaxSizeBytes = int64_t{16} << 20;
constexpr int64_t kStampBytes = 8;
constexpr int64_t kMib = int64_t{1} << 20;
// As Options::spin has it.
constexpr absl::Duration kMaxSpin = absl::Milliseconds(10);
// By so much a budget is larger than the largest message.
constexpr int64_t kRoomBytes = int64_t{64} << 10;

// The number of the choice that a flag's `value` is.
absl::StatusOr<size_t> Choose(const char* flag, const std::string& value,
                              const std::vector<std::string>& choices) {
  for (size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] == value) return i;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, " is one of \"", absl::StrJoin(choices, "\", \""),
      "\"; not \"", value, "\""));
}

// Also false for what is no number.
absl::Status CheckRange(const char* flag, double value, double min,
                        double max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrFormat(
      "--%s is from %.15g to %.15g, not %.15g", flag, min, max, value));
}

absl::Status ReadNumbers(Plan& plan) {
  const bool two =
      plan.mode == Plan::Mode::kStream || plan.mode == Plan::Mode::kPingPong;
  plan.servers = absl::GetFlag(FLAGS_servers);
  if (plan.servers == 0) plan.servers = two ? 2 : 5;
  const int64_t size = absl::GetFlag(FLAGS_size);
  const double seconds = absl::GetFlag(FLAGS_seconds);
  plan.senders = absl::GetFlag(FLAGS_senders);
  plan.rounds = absl::GetFlag(FLAGS_rounds);
  plan.rate = absl::GetFlag(FLAGS_rate);
  plan.budget_mib = absl::GetFlag(FLAGS_budget_mib);
  plan.send_batch = absl::GetFlag(FLAGS_send_batch);
  for (const absl::Status& status :
       {CheckRange("servers", plan.servers, 2, two ? 2 : kMaxBenchServers),
        CheckRange("size", static_cast<double>(size), 0, kMaxSizeBytes),
        CheckRange("seconds", seconds, 0.01, 3600),
        CheckRange("senders", plan.senders, 1,
                   plan.mode == Plan::Mode::kPingPong ? 1 : 64),
        CheckRange("rounds", plan.rounds, 1, 1000),
        // A message of this size has room.
        CheckRange("budget_mib", plan.budget_mib,
                   std::ceil((static_cast<double>(size) + kRoomBytes) / kMib),
                   1024),
        // What waits until there are so many would be late, or never answered.
        CheckRange(
            "send_batch", plan.send_batch, 1,
            plan.rate > 0 || plan.mode == Plan::Mode::kPingPong ? 1 : 1024),
        CheckRange("rate", plan.rate, 0, 1e9)}) {
    if (!status.ok()) return status;
  }
  if (plan.spin < absl::ZeroDuration() || plan.spin > kMaxSpin) {
    return absl::InvalidArgumentError(
        absl::StrCat("--spin is from 0 to ", absl::FormatDuration(kMaxSpin),
                     ", not ", absl::FormatDuration(plan.spin)));
  }
  if (plan.stamped() && size < kStampBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--rate needs --size=", kStampBytes, " at least, for the time"));
  }
  plan.size_bytes = static_cast<size_t>(size);
  plan.duration = absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::Status ReadPlots(Plan& plan) {
  plan.plot = absl::GetFlag(FLAGS_plot);
  const std::vector<std::string> numbers = absl::GetFlag(FLAGS_grow);
  if (numbers.empty()) return absl::OkStatus();
  if (plan.plot.empty() || plan.mode == Plan::Mode::kStream ||
      plan.mode == Plan::Mode::kPingPong) {
    return absl::InvalidArgumentError(
        "--grow is for --plot, in broadcast and mesh");
  }
  for (const std::string& number : numbers) {
    int servers = 0;
    if (!absl::SimpleAtoi(number, &servers)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--grow is a list of numbers, not \"", number, "\""));
    }
    absl::Status status = CheckRange("grow", servers, 2, kMaxBenchServers);
    if (!status.ok()) return status;
    if (servers != plan.servers) plan.grow.push_back(servers);
  }
  return absl::OkStatus();
}

using Contender = Plan::Contender;

Contender NewContender(const Plan& plan, Contender::System system,
                       const std::string& transport) {
  Contender contender;
  const bool loopback = transport == "loopback";
  switch (system) {
    case Contender::System::kRaft:
      contender.name = absl::StrCat("raft ", transport);
      break;
    case Contender::System::kZmq:
      contender.name = absl::StrCat("zmq ", loopback ? "inproc" : transport);
      break;
    case Contender::System::kSocket:
      contender.name = absl::StrCat("socket ", transport);
      break;
  }
  contender.system = system;
  contender.transport = transport;
  contender.one_process = loopback || plan.mode == Plan::Mode::kMesh ||
                          absl::GetFlag(FLAGS_one_process);
  return contender;
}

absl::Status CheckCarriers(const std::vector<std::string>& schemes) {
  const Registry carriers = BuiltinTransports();
  for (const std::string& scheme : schemes) {
    if (carriers.Knows(scheme)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "--transport: there is no carrier \"", scheme, "\"; there are \"",
        absl::StrJoin(carriers.schemes(), "\", \""), "\""));
  }
  return absl::OkStatus();
}

// Which of libzmq's transports compares with `scheme`.
std::string ZmqTransport(const std::string& scheme) {
  return scheme == "ipc" || scheme == "loopback" ? scheme : "tcp";
}

absl::Status ReadContenders(Plan& plan) {
  const std::vector<std::string> schemes = absl::GetFlag(FLAGS_transport);
  if (schemes.empty()) {
    return absl::InvalidArgumentError("--transport names no carrier");
  }
  absl::Status status = CheckCarriers(schemes);
  if (!status.ok()) return status;
  for (const std::string& scheme : schemes) {
    plan.contenders.push_back(
        NewContender(plan, Contender::System::kRaft, scheme));
    Contender& ours = plan.contenders.back();
    ours.keys = absl::GetFlag(FLAGS_keys) || ServerKeys::NeededBy(scheme);
    if (ours.keys && !ServerKeys::KnownTo(scheme)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--keys: ", scheme, ":// knows none"));
    }
    if (absl::GetFlag(FLAGS_keys)) absl::StrAppend(&ours.name, " keys");
  }
  std::string zmq = absl::GetFlag(FLAGS_baseline_transport);
  if (zmq.empty()) zmq = ZmqTransport(schemes[0]);
  const auto known =
      Choose("baseline_transport", zmq, {"tcp", "ipc", "loopback"});
  if (!known.ok()) return known.status();
  for (const std::string& baseline : absl::GetFlag(FLAGS_baseline)) {
    const auto choice = Choose("baseline", baseline, {"zmq", "socket"});
    if (!choice.ok()) return choice.status();
    plan.contenders.push_back(
        *choice == 0 ? NewContender(plan, Contender::System::kZmq, zmq)
                     : NewContender(plan, Contender::System::kSocket, "tcp"));
  }
  for (size_t i = 0; i < plan.contenders.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (plan.contenders[i].name != plan.contenders[k].name) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(plan.contenders[i].name, " is named twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Plan> MakePlan() {
  Plan plan;
  plan.mode_name = absl::GetFlag(FLAGS_mode);
  const auto mode = Choose("mode", plan.mode_name,
                           {"stream", "pingpong", "broadcast", "mesh"});
  if (!mode.ok()) return mode.status();
  plan.mode = static_cast<Plan::Mode>(*mode);
  const auto format =
      Choose("format", absl::GetFlag(FLAGS_format), {"table", "json"});
  if (!format.ok()) return format.status();
  plan.json = *format == 1;
  plan.one_core = absl::GetFlag(FLAGS_one_core);
  plan.batch = absl::GetFlag(FLAGS_batch);
  plan.spin = absl::GetFlag(FLAGS_spin);
  absl::Status status = ReadNumbers(plan);
  if (status.ok()) status = ReadPlots(plan);
  if (status.ok()) status = ReadContenders(plan);
  if (!status.ok()) return status;
  return plan;
}

std::string Plan::Describe() const {
  std::string text =
      absl::StrCat(mode_name, ", ", size_bytes, " B, ", servers, " servers");
  if (senders > 1) absl::StrAppend(&text, ", ", senders, " senders each");
  if (rate > 0) absl::StrAppend(&text, ", ", rate, " messages/s");
  if (budget_mib != Plan().budget_mib) {
    absl::StrAppend(&text, ", ", budget_mib, " MiB per link");
  }
  if (one_core) absl::StrAppend(&text, ", on one core");
  if (spin != absl::ZeroDuration()) {
    absl::StrAppend(&text, ", spinning for ", absl::FormatDuration(spin));
  }
  if (!batch) absl::StrAppend(&text, ", one at a time");
  if (send_batch > 1) absl::StrAppend(&text, ", sent by ", send_batch);
  absl::StrAppend(&text, ", ", rounds, rounds == 1 ? " round" : " rounds",
                  " of ", absl::FormatDuration(duration));
  return text;
}

}  // namespace raft_cluster::internal
