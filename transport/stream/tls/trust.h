// Whom a tls:// server believes: judges the certificates that others show.
//
// What TransportKeys lists for a peer is either a key, "sha256:...", which its
// certificate must be of (nothing but its dates is looked at then); or a name
// that stands in its certificate, which one of TransportKeys::authorities must
// have signed: "raft://CLUSTER/PID" as it is, or the url "tls://HOST:PORT", of
// which the host counts. A certificate may prove several peers.
//
// Thread rule: const methods from any thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_TRUST_H_
#define RAFT_TRANSPORT_STREAM_TLS_TRUST_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"
#include "raft/transport/stream/tls/openssl.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {

// What is said of a certificate.
struct Verdict {
  std::vector<Pid> proves;  // In order. Not empty, if it is good.
  // By which Proves() finds out whether it still does: its key, or all of it.
  std::string key;
  TurnedAway refusal = TurnedAway::kUnknownKey;
  std::string why;      // "its certificate expired on 2026-01-01"; "": good.
  int alert_error = 0;  // X509_V_..., by which OpenSSL tells the other end.

  bool good() const { return why.empty(); }
};

class Trust {
 public:
  // What is asked of a certificate beside whom it names: that it is good at
  // this time, for a client or for a server; or what does not change meanwhile.
  enum class As { kClient, kServer, kFormer };

  // INVALID_ARGUMENT: nobody is listed; what is listed is neither kind (says
  // whose); names without authorities; or these are no certificates in PEM.
  static absl::StatusOr<std::shared_ptr<const Trust>> Create(
      const TransportKeys& keys);

  // `shown` has come with the certificates in `others` (may be null), which
  // help to find the one who signed it. `called`: it must prove this peer; 0:
  // any.
  Verdict Judge(X509* shown, STACK_OF(X509) * others, Pid called, As as) const;
  // What proved `peer` by another Trust's verdict does so by this one, too. Its
  // dates do not count: it was in time when it was shown.
  bool Proves(Pid peer, const std::string& key) const;

  // OK, or why `own`, which is this server's, does not prove `self`.
  // INVALID_ARGUMENT. Neither its dates nor who signed it are looked at: the
  // clocks and the authorities of the others count.
  absl::Status CheckOwn(const X509& own, Pid self) const;

 private:
  absl::Status List(Pid peer, const std::string& entry);
  absl::Status Believe(const std::string& authorities);
  // By the names that stand in it, whoever has signed it.
  std::vector<Pid> NamedIn(const X509& certificate) const;
  std::vector<Pid> PinnedBy(const std::string& pin) const;
  // OK, or what is wrong with who has signed it, and with the dates.
  Verdict JudgeSigned(X509* shown, STACK_OF(X509) * others, As as) const;
  // What `peer` would have to show: "sha256:... or raft://orders/3".
  std::string Wanted(Pid peer) const;

  std::map<Pid, std::vector<std::string>> listed_;
  std::map<std::string, std::vector<Pid>, std::less<>> pins_;
  std::map<std::string, std::vector<Pid>, std::less<>> names_;  // raft://...
  // As hosts are written in urls, in their canonical form.
  std::map<std::string, std::vector<Pid>, std::less<>> hosts_;
  Owned<X509_STORE> store_;  // Null: no names are believed.
};

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_TRUST_H_
