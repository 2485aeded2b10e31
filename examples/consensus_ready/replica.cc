#include "raft/examples/consensus_ready/replica.h"

#include "absl/time/time.h"

namespace raft_cluster {
namespace {

constexpr int kTick = 1;
constexpr absl::Duration kTickInterval = absl::Milliseconds(50);

// The longest message; entries beyond that go in the next one.
constexpr size_t kMaxMessageBytes = 256 << 10;

}  // namespace

Options ReplicaOptions(Options base) {
  base.max_envelope_bytes = kMaxMessageBytes;
  // A few messages are all that may be under way to one peer. What waits in a
  // queue only grows old: the engine itself keeps what is not acknowledged.
  base.link_budget_bytes = base.inbox_budget_bytes = 4 * kMaxMessageBytes;
  // What a dead life was told is not for the next one, of which the engine
  // knows better what it lacks.
  base.on_restart = Options::OnRestart::kVoid;
  return base;
}

void Replica::OnStart(Context& context) {
  context.SetTimer(kTick, kTickInterval);
  Work(context);
}

void Replica::OnTimer(Context& context, int) {
  context.SetTimer(kTick, kTickInterval);
  engine_->Tick();
  Work(context);
}

void Replica::OnEnvelope(Context& context, const Received& got) {
  engine_->Step(got.from(), got.msg());
  Work(context);
}

bool Replica::Propose(Context& context, const std::string& command) {
  if (!engine_->Propose(command)) return false;
  Work(context);
  return true;
}

void Replica::OnEvent(Context& context, const Event& event) {
  switch (event.kind()) {
    case Event::PEER_SILENT:
    case Event::PEER_LEFT:
    case Event::PEER_DOWN:
    case Event::PEER_RESTARTED:
      engine_->OnUnreachable(event.peer());
      return Work(context);
    default:
      return;
  }
}

void Replica::Work(Context& context) {
  const Ready ready = engine_->TakeReady(context.max_envelope_bytes());
  // First, since all else speaks of it: an acknowledgement, a vote, an answer
  // to a client.
  if (!ready.record.empty()) {
    status_ = keep_(ready.record);
    // One that cannot keep what it promises says nothing more.
    if (!status_.ok()) return context.Stop();
  }
  for (const Ready::Message& message : ready.messages) Say(context, message);
  for (const std::string& command : ready.committed) apply_(command);
}

void Replica::Say(Context& context, const Ready::Message& message) {
  // The engine says it again if need be: no copies of it wait for a peer that
  // is not there.
  const absl::StatusOr<Receipt> sent =
      context.TrySend(message.to, message.text, /*id=*/0, SendWhen::kLive);
  if (!sent.ok()) engine_->OnUnreachable(message.to);
}

}  // namespace raft_cluster
