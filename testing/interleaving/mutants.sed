# Makes of the pump's sources some that run under a Schedule, and that can be
# broken (mutant.h) in these places. A line that is no longer found shows in
# pump_test: the mutant is then not caught.

s,#include "raft/cluster/engine/pump.h",#include "raft/testing/interleaving/pump.h",
/#include "raft.base.thread.h"/d
s,#include "raft/base/mutex.h",#include "raft/testing/interleaving/mutant.h"\n#include "raft/testing/interleaving/sync.h",

# Seek(): announcing oneself unlocks; what one waits for may be there by now.
s/if (leader_ != Leader::kNobody && !Found(quest)) {/if (pump_mutant == PumpMutant::kWaitsBlindly) Wait(waiters_.received, deadline); else &/

# PassOn(): it may be us who were told that nobody leads.
s/^  if (leader_ != Leader::kNobody) return;/  if (pump_mutant == PumpMutant::kTellsNobody) return;\n&/

# Flush(): the sleeping leader does not know of the deadline that came.
/^void Pump::Flush/,/^}/s/if (sleeper_.asleep())/if (pump_mutant != PumpMutant::kLetsSleep \&\& sleeper_.asleep())/

# Flush(): somebody may have failed to lock what we are about to unlock.
/^void Pump::Flush/,/^}/s/^    SendDue(.*);/    if (pump_mutant == PumpMutant::kLooksOnce) { SendDue(false, 1); pump_.Unlock(); return; }\n&/

# NotifyOfEvents(): nobody else will tell of what this call has found.
/^void Pump::NotifyOfEvents/,/^}/s/^  NotifyWaiters();/  if (pump_mutant == PumpMutant::kHidesEvents) return;\n&/

# Flush(): uses what it does not own.
s/if (!pump_.TryLock()) return;/if (pump_mutant == PumpMutant::kDoesNotLock) { SendDue(false, 1); return; }\n    &/

# Close(): somebody may still be in the transport.
s/while (leader_ != Leader::kNobody || sleeper_.wakers > 0)/while (pump_mutant != PumpMutant::kClosesAtOnce \&\& (leader_ != Leader::kNobody || sleeper_.wakers > 0))/
