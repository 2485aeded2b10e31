// The keys of the ZeroMQ transport: CURVE's, of Curve25519, which encrypt and
// authenticate tcp links. Written in Z85, 40 characters each:
//
//   absl::StatusOr<raft_cluster::KeyPair> pair = raft_cluster::NewKeyPair();
//   spec.keys.secret = pair->secret_key;
//   spec.keys.listed[spec.self] = {pair->public_key};
//
// Thread rule: any thread.
#ifndef RAFT_TRANSPORT_ZEROMQ_KEYS_H_
#define RAFT_TRANSPORT_ZEROMQ_KEYS_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/secret.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal {

struct KeyPair {
  std::string public_key;  // For everybody.
  Secret secret_key;       // For its server alone.
};

// UNAVAILABLE: libzmq was built without CURVE.
absl::StatusOr<KeyPair> NewKeyPair();

// The public half of a secret key. INVALID_ARGUMENT: it is none. UNAVAILABLE:
// libzmq was built without CURVE.
absl::StatusOr<std::string> PublicKeyOf(const Secret& secret_key);

// INVALID_ARGUMENT: it cannot be a public key; says what one looks like.
absl::Status CheckCurveKey(absl::string_view key);

namespace zeromq {

// The rest of it: what a key ring has need not be kept twice.
TransportSpec WithoutKeys(TransportSpec spec);

// A transport's keys, checked. Empty where there are none.
class KeyRing {
 public:
  // INVALID_ARGUMENT: what is no key (says whose); a secret without a list, a
  // list without a secret, or a secret whose public half is not listed for
  // `spec.self`. UNAVAILABLE: libzmq was built without CURVE.
  static absl::StatusOr<KeyRing> Create(const TransportSpec& spec);

  bool empty() const { return secret_.empty(); }
  const std::string& secret() const { return secret_.text(); }
  // The half of it that is listed.
  const std::string& own_public() const { return public_; }
  // Null if the peer has none.
  const std::vector<std::string>* Of(Pid peer) const;
  // Those of which a peer that is called has to show one: its own, if it says
  // which, else those that are listed; none, if there are no keys at all.
  // INVALID_ARGUMENT: there are, and it has none.
  absl::StatusOr<std::vector<std::string>> ToExpectOf(
      const PeerSpec& peer) const;
  // Whose key it is, given as 32 bytes; 0 for nobody's.
  Pid OwnerOf(absl::string_view bytes) const;
  // The peer may show this key, as it was shown in the handshake.
  bool Proves(Pid peer, absl::string_view key) const;
  // What a key shown in a handshake is in Z85.
  static std::string ToText(absl::string_view bytes);

  // What a key is in Z85 and in bytes.
  static constexpr size_t kCharacters = 40;
  static constexpr size_t kBytes = 32;
  // That CURVE adds to each message on the wire.
  static constexpr size_t kMessageOverheadBytes = 33;

 private:
  Secret secret_;
  std::string public_;
  std::map<Pid, std::vector<std::string>> listed_;
  std::map<std::string, Pid, std::less<>> owners_;  // By its bytes.
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_KEYS_H_
