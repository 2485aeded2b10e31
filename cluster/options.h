// How a server behaves, where the defaults do not suit.
//
// Thread rule: a value.
#ifndef RAFT_CLUSTER_OPTIONS_H_
#define RAFT_CLUSTER_OPTIONS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "raft/transport/registry.h"

namespace raft_cluster {

struct Options {
  // With the transports that come with the library. Programs that depend on
  // //cluster:core, which has none, do not link with this.
  Options();
  explicit Options(Registry only) : transports(std::move(only)) {}

  // Bounds per peer: what waits to be sent to it and taken by it, and what
  // it has sent that waits in the inbox. An envelope counts as its msg + 64
  // bytes. Each at least max_envelope_bytes + 64 KiB.
  size_t link_budget_bytes = size_t{64} << 20;
  size_t inbox_budget_bytes = size_t{64} << 20;

  // The bound of all peers together, for both. What is broadcast counts once,
  // however many wait for it. Peers that are not up have half of it, so that
  // those who are away do not take the room of those who are there; one that is
  // up always has room for 1 MiB. Where there are many peers the inbox has less
  // for each: half of this, shared out, but one envelope of the largest size.
  // At least max_envelope_bytes + 64 KiB.
  size_t total_budget_bytes = size_t{1} << 30;

  // The largest msg that is sent or received. At most 1 GiB.
  size_t max_envelope_bytes = size_t{16} << 20;

  // A peer that has not been heard for this long is SILENT. At least 50 ms; the
  // heartbeat is a tenth of it.
  absl::Duration failure_timeout = absl::Seconds(2);

  // An inbox that has received nothing for this long closes by itself.
  absl::Duration idle_timeout = absl::InfiniteDuration();

  // What becomes of envelopes that the old life of a restarted peer is not
  // known to have taken: they are sent to the new life, before anything newer
  // (so an envelope may come twice to the same pid, never to the same life),
  // or they are voided and counted.
  enum class OnRestart { kResend, kVoid };
  OnRestart on_restart = OnRestart::kResend;

  // For how long a thread that waits for something looks again and again before
  // it sleeps. It is for latency: the system takes tens of microseconds to wake
  // a core, and an answer that comes within this time is seen at once. It costs
  // up to a whole core while this server waits, also one that others could use:
  // so it is for who has a core to spare for each server, and 50 us to 200 us
  // do. Where spins find nothing the carrier gives them up, and tries again now
  // and then. Carriers that cannot spin sleep at once. At most 10 ms; 0: never.
  absl::Duration spin = absl::ZeroDuration();

  // The file with this server's secret key, as //cmd:keygen writes it. Needed
  // if the configuration lists keys, or with `tls_ca`, and unused otherwise.
  // Nobody else may be able to read it. For tls:// it holds the private key and
  // the certificate (and those of intermediate CAs), in PEM.
  std::string key_file;

  // For tls:// urls: a file with certificates of CAs, in PEM. A peer whose
  // certificate one of these has signed is believed to be who that says, by a
  // subjectAltName: the URI "raft://CLUSTER/PID" (CLUSTER as the configuration
  // has it, PID in decimal), or the DNS name or IP address of the host in its
  // url. A host's certificate is good for every server at that host. Keys that
  // the configuration lists are believed as well; it needs none.
  std::string tls_ca;

  // The transports to choose from; add yours.
  Registry transports;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_OPTIONS_H_
