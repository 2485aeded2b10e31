#include "raft/transport/zeromq/keys.h"

#include <zmq.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

absl::Status NoCurve() {
  return absl::UnavailableError(
      "libzmq was built without CURVE, so it knows no keys");
}

}  // namespace

absl::StatusOr<KeyPair> NewKeyPair() {
  char public_key[zeromq::KeyRing::kCharacters + 1];
  char secret_key[zeromq::KeyRing::kCharacters + 1];
  if (zmq_curve_keypair(public_key, secret_key) != 0) return NoCurve();
  std::string text = secret_key;
  explicit_bzero(secret_key, sizeof(secret_key));
  KeyPair pair;
  pair.public_key = public_key;
  pair.secret_key = text;
  explicit_bzero(&text[0], text.size());
  return pair;
}

namespace zeromq {
namespace {

// The 32 bytes of a key; empty if `text` is none. libzmq's decoder does not
// look at every character that it is given.
std::string Decode(const std::string& text) {
  constexpr absl::string_view kAlphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
      ".-:+=^!/*?&<>()[]{}@%$#";
  const bool looks_right =
      text.size() == KeyRing::kCharacters &&
      text.find_first_not_of(kAlphabet.data(), 0, kAlphabet.size()) ==
          std::string::npos;
  std::string bytes(KeyRing::kBytes, '\0');
  if (!looks_right || zmq_z85_decode(reinterpret_cast<uint8_t*>(&bytes[0]),
                                     text.c_str()) == nullptr) {
    return "";
  }
  return bytes;
}

// The public half; empty if `secret` is no key.
std::string PublicHalf(const std::string& secret) {
  char public_key[KeyRing::kCharacters + 1];
  std::string bytes = Decode(secret);
  const bool is_key = !bytes.empty();
  // Secrets are wiped where they were copied to: memory that is freed may come
  // to light in a core.
  explicit_bzero(&bytes[0], bytes.size());
  if (!is_key || zmq_curve_public(public_key, secret.c_str()) != 0) {
    return "";
  }
  return public_key;
}

}  // namespace

TransportSpec WithoutKeys(TransportSpec spec) {
  spec.keys = TransportKeys();
  return spec;
}

absl::StatusOr<KeyRing> KeyRing::Create(const TransportSpec& spec) {
  const TransportKeys& keys = spec.keys;
  KeyRing ring;
  if (keys.secret.empty() && keys.listed.empty()) return ring;
  if (zmq_has("curve") == 0) return NoCurve();
  if (keys.secret.empty() || keys.listed.empty()) {
    return absl::InvalidArgumentError(
        keys.secret.empty()
            ? "keys: the servers have keys, but this one's secret is missing"
            : "keys: there is a secret, but no list of whom to believe");
  }
  for (const auto& [peer, listed] : keys.listed) {
    for (const std::string& key : listed) {
      std::string bytes = Decode(key);
      if (bytes.empty()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "keys: \"", key, "\" of server ", peer, " is no public key, ",
            kCharacters, " characters as keygen prints them"));
      }
      // The first one stays, which is that of the lowest pid: see
      // TransportKeys.
      ring.owners_.emplace(std::move(bytes), peer);
    }
  }
  ring.public_ = PublicHalf(keys.secret.text());
  if (ring.public_.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys: the secret is no key, ", kCharacters,
                     " characters as keygen writes them"));
  }
  ring.secret_ = keys.secret;
  ring.listed_ = keys.listed;
  // Found out here and not by peers, who could only say that somebody has a key
  // which they do not know.
  const std::vector<std::string>* const own = ring.Of(spec.self);
  if (own == nullptr ||
      std::find(own->begin(), own->end(), ring.public_) == own->end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys: the public half of the secret, \"", ring.public_,
                     "\", is not listed for server ", spec.self,
                     "; list it, or take the secret of a key that is"));
  }
  return ring;
}

const std::vector<std::string>* KeyRing::Of(Pid peer) const {
  const auto found = listed_.find(peer);
  return found == listed_.end() || found->second.empty() ? nullptr
                                                         : &found->second;
}

absl::StatusOr<std::vector<std::string>> KeyRing::ToExpectOf(
    const PeerSpec& peer) const {
  if (empty()) return std::vector<std::string>();
  if (!peer.keys.empty()) return peer.keys;
  if (const auto* const listed = Of(peer.pid); listed != nullptr) {
    return *listed;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("cannot connect to peer ", peer.pid, ": it has no key"));
}

bool KeyRing::Proves(Pid peer, absl::string_view key) const {
  const std::vector<std::string>* const listed = Of(peer);
  return listed != nullptr &&
         std::find(listed->begin(), listed->end(), key) != listed->end();
}

std::string KeyRing::ToText(absl::string_view bytes) {
  char text[kCharacters + 1] = "";
  if (bytes.size() != kBytes) return "";
  zmq_z85_encode(text, reinterpret_cast<const uint8_t*>(bytes.data()), kBytes);
  return text;
}

Pid KeyRing::OwnerOf(absl::string_view bytes) const {
  const auto found = owners_.find(bytes);
  return found == owners_.end() ? 0 : found->second;
}

}  // namespace zeromq

absl::Status CheckCurveKey(absl::string_view key) {
  if (!zeromq::Decode(std::string(key)).empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", absl::CHexEscape(key), "\" is no key of tcp://, ",
      zeromq::KeyRing::kCharacters, " characters as keygen prints them"));
}

absl::StatusOr<std::string> PublicKeyOf(const Secret& secret_key) {
  if (zmq_has("curve") == 0) return NoCurve();
  std::string public_key = zeromq::PublicHalf(secret_key.text());
  if (!public_key.empty()) return public_key;
  return absl::InvalidArgumentError(
      absl::StrCat("this is no secret key, ", zeromq::KeyRing::kCharacters,
                   " characters as keygen writes them"));
}

}  // namespace raft_cluster::internal
