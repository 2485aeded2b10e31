#include "raft/testing/simulation/trace.h"

#include <xxhash.h>

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

std::string NameOf(const SimProcess& process) {
  return absl::StrCat(process.life().pid, ".", process.life().number);
}

}  // namespace

void SimTrace::Note(absl::string_view what) {
  MixBytes(what);
  Mix(static_cast<uint64_t>(network_.now()));
  if (out_ == nullptr) return;
  *out_ << network_.now() << " " << what << "\n";
}

void SimTrace::MixBytes(absl::string_view bytes) {
  Mix(XXH3_64bits(bytes.data(), bytes.size()));
}

void SimTrace::MixStep(const SimProcess& process) {
  Mix(static_cast<uint64_t>(network_.now()));
  Mix(static_cast<uint64_t>(process.life().pid));
  Mix(static_cast<uint64_t>(process.life().number));
}

// Two runs that differ in nothing but what their envelopes say differ.
void SimTrace::OnSent(const SimProcess& process, Pid to, uint64_t id,
                      absl::string_view msg, const Acceptance& receipt) {
  MixStep(process);
  Mix(static_cast<uint64_t>(to));
  Mix(id);
  Mix(static_cast<uint64_t>(receipt.accepted));
  MixBytes(msg);
}

void SimTrace::OnTaken(const SimProcess& process, const Delivery& got) {
  MixStep(process);
  Mix(static_cast<uint64_t>(got.from));
  Mix(static_cast<uint64_t>(got.to));
  Mix(got.id);
  MixBytes(got.msg);
  if (out_ == nullptr) return;
  Note(absl::StrCat(NameOf(process), " takes #", got.id, " of ", got.from));
}

void SimTrace::OnEvent(const SimProcess& process, const Event& event) {
  MixStep(process);
  MixBytes(event.SerializeAsString());
  if (out_ == nullptr) return;
  Note(absl::StrCat(NameOf(process), ": ", event.ShortDebugString()));
}

}  // namespace raft_cluster::internal
