#include "raft/cmd/stats_table.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "raft/cmd/console.h"

namespace raft_cluster::internal {
namespace {

bool Balances(const Ledger& ledger) {
  return ledger.accepted() == ledger.taken() + ledger.voided() +
                                  ledger.abandoned() + ledger.in_flight() &&
         ledger.offered() ==
             ledger.accepted() + ledger.skipped() + ledger.refused();
}

template <typename Refusals>
std::string ShowRefusals(const Refusals& refusals) {
  std::vector<std::string> parts;
  for (const Refusal& refusal : refusals) {
    parts.push_back(absl::StrCat(refusal.count(), " x ",
                                 Refusal::Reason_Name(refusal.reason())));
  }
  return absl::StrJoin(parts, ", ");
}

// What is out of the ordinary; "" if nothing is.
std::string ShowRest(const PeerStats& peer) {
  const Ledger& ledger = peer.ledger();
  const std::pair<const char*, uint64_t> counts[] = {
      {"voided", ledger.voided()},
      {"abandoned", ledger.abandoned()},
      {"skipped", ledger.skipped()},
      {"refused by the outbox", ledger.refused()},
      {"frames sent again", peer.frames_resent()},
      {"reconnects", peer.reconnects()},
  };
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", name));
  }
  if (peer.refused_frames_size() > 0) {
    parts.push_back(
        absl::StrCat("frames refused: ", ShowRefusals(peer.refused_frames())));
  }
  return absl::StrJoin(parts, ", ");
}

void AppendRow(const PeerStats& peer, std::string& out) {
  absl::StrAppendFormat(&out, "%5d  %-10s %10d %10d %9s %8s %10d %8s\n",
                        peer.pid(), PeerStats::State_Name(peer.state()),
                        peer.ledger().accepted(), peer.ledger().taken(),
                        ShowBytes(peer.queued_bytes()),
                        ShowMicros(peer.oldest_untaken_us()), peer.received(),
                        ShowMicros(peer.round_trip_us()));
}

}  // namespace

std::string ShowMicros(uint64_t us) {
  if (us == 0) return "-";
  const auto amount = static_cast<double>(us);
  if (us < 1'000) return absl::StrCat(us, " us");
  if (us < 1'000'000) return absl::StrFormat("%.1f ms", amount / 1e3);
  if (us < 60'000'000) return absl::StrFormat("%.1f s", amount / 1e6);
  if (us < 3'600'000'000) return absl::StrFormat("%.1f min", amount / 60e6);
  return absl::StrFormat("%.1f h", amount / 3600e6);
}

std::string ShowStats(const Stats& stats) {
  std::string out =
      absl::StrFormat("server %d at %s: %d sent, %d received\n", stats.pid(),
                      stats.url(), stats.sent(), stats.received());
  absl::StrAppendFormat(&out, "%5s  %-10s %10s %10s %9s %8s %10s %8s\n", "peer",
                        "state", "sent", "taken", "queued", "oldest",
                        "received", "trip");
  std::string below;
  if (stats.total_bytes() > 0) {
    absl::StrAppend(&below,
                    "held for all peers: ", ShowBytes(stats.total_bytes()),
                    " of ", ShowBytes(stats.total_budget_bytes()), "\n");
  }
  std::vector<std::string> unbalanced;
  for (const PeerStats& peer : stats.peers()) {
    AppendRow(peer, out);
    if (!peer.reason().empty()) {
      absl::StrAppend(&below, "peer ", peer.pid(), " is ",
                      PeerStats::State_Name(peer.state()), ": ", peer.reason(),
                      "\n");
    }
    const std::string rest = ShowRest(peer);
    if (!rest.empty()) {
      absl::StrAppend(&below, "peer ", peer.pid(), ": ", rest, "\n");
    }
    if (!Balances(peer.ledger())) {
      unbalanced.push_back(absl::StrCat(peer.pid()));
    }
  }
  if (stats.refused_frames_size() > 0) {
    absl::StrAppend(&below, "refused, of nobody known: ",
                    ShowRefusals(stats.refused_frames()), "\n");
  }
  absl::StrAppend(&out, below,
                  unbalanced.empty()
                      ? "every ledger balances"
                      : absl::StrCat("WRONG: the ledger does not balance for ",
                                     absl::StrJoin(unbalanced, ", ")),
                  "\n");
  return out;
}

}  // namespace raft_cluster::internal
