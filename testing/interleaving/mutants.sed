# Makes of the pump's sources some that run under a Schedule, and that can be
# broken (mutant.h) in these places. A line that is no longer found shows in
# pump_test: the mutant is then not caught.

s,#include "raft/cluster/engine/pump.h",#include "raft/testing/interleaving/pump.h",
/#include "raft\/base\/thread.h"/d
s,#include "raft/base/mutex.h",#include "raft/testing/interleaving/mutant.h"\n#include "raft/testing/interleaving/sync.h",

# Seek(): announcing oneself unlocks; what one waits for may be there by now.
s/if (poller_ != Poller::kNobody && !Found(quest))/if (pump_mutant == PumpMutant::kWaitsBlindly) Wait(received_, deadline); else &/

# PassOn(): it may be us who were told that nobody polls.
s/^  if (poller_ != Poller::kNobody) return;/  if (pump_mutant == PumpMutant::kTellsNobody) return;\n&/

# Send(): the sleeping poller does not know of the deadline that came with it.
s/^          if (sleep_until_ != 0) WakeBy/          if (pump_mutant != PumpMutant::kLetsSleep \&\& sleep_until_ != 0) WakeBy/

# TrySendDue(): somebody may have failed to lock what we have unlocked.
/^void Pump::TrySendDue/,/^}/s/^    pump_.Unlock();/&\n    if (pump_mutant == PumpMutant::kLooksOnce) return;/

# TrySendDue(): uses what it does not own.
s/if (!pump_.TryLock()) return;/if (pump_mutant == PumpMutant::kDoesNotLock) { SendDue(false, 1); return; }\n    &/

# Close(): somebody may still be in the transport.
s/while (poller_ != Poller::kNobody || wakers_ > 0)/while (pump_mutant != PumpMutant::kClosesAtOnce \&\& (poller_ != Poller::kNobody || wakers_ > 0))/
