#include "raft/transport/stream/tls/trust.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "raft/transport/net/tcp_address.h"
#include "raft/transport/stream/tls/pin.h"
#include "raft/transport/url.h"

namespace raft_cluster::internal::tls {
namespace {

constexpr absl::string_view kNamePrefix = "raft://";
// From a server's certificate to the one of a listed authority.
constexpr int kMaxDepth = 8;
// Of names that others chose, in a message.
constexpr size_t kMaxShown = 200;

Verdict Refused(TurnedAway refusal, int alert_error, std::string why) {
  Verdict verdict;
  verdict.refusal = refusal;
  verdict.alert_error = alert_error;
  verdict.why = std::move(why);
  return verdict;
}

void AddTo(std::vector<Pid>& pids, const std::vector<Pid>& more) {
  pids.insert(pids.end(), more.begin(), more.end());
}

absl::string_view TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

// The canonical text of an address as a certificate has it; "" for none.
std::string IpOf(const ASN1_OCTET_STRING* address) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(address);
  const unsigned char* const bytes = ASN1_STRING_get0_data(address);
  if (size == sizeof(in_addr)) inet_ntop(AF_INET, bytes, text, sizeof(text));
  if (size == sizeof(in6_addr)) inet_ntop(AF_INET6, bytes, text, sizeof(text));
  return text;
}

struct Name {
  bool is_host = false;
  std::string text;  // Of a host in its canonical form.
};

// The subject's common name is none of them: RFC 6125 has it so.
std::vector<Name> NamesIn(const X509& certificate) {
  std::vector<Name> found;
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get());
       ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) {
      found.push_back({false, std::string(TextOf(name->d.ia5))});
    } else if (name->type == GEN_DNS) {
      found.push_back({true, absl::AsciiStrToLower(TextOf(name->d.ia5))});
    } else if (name->type == GEN_IPADD) {
      found.push_back({true, IpOf(name->d.ip)});
    }
  }
  return found;
}

std::string Shown(const X509& certificate) {
  const std::string names = absl::StrJoin(
      NamesIn(certificate), ", ", [](std::string* out, const Name& name) {
        absl::StrAppend(out, absl::CHexEscape(name.text));
      });
  if (names.empty()) return "nobody";
  return names.size() <= kMaxShown
             ? names
             : absl::StrCat(names.substr(0, kMaxShown), "...");
}

// Are both dates kept? `whose`: "its certificate".
Verdict JudgeDates(const X509& certificate, absl::string_view whose) {
  const ASN1_TIME* const from = X509_get0_notBefore(&certificate);
  const ASN1_TIME* const until = X509_get0_notAfter(&certificate);
  // What cannot be read is on neither side of today.
  if (X509_cmp_current_time(from) >= 0) {
    return Refused(TurnedAway::kNotYetValid, X509_V_ERR_CERT_NOT_YET_VALID,
                   absl::StrCat(whose, " is not valid before ", DateOf(from)));
  }
  if (X509_cmp_current_time(until) <= 0) {
    return Refused(TurnedAway::kExpired, X509_V_ERR_CERT_HAS_EXPIRED,
                   absl::StrCat(whose, " expired on ", DateOf(until)));
  }
  return Verdict();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Trust>> Trust::Create(
    const TransportKeys& keys) {
  auto trust = std::make_shared<Trust>();
  if (keys.listed.empty()) {
    return absl::InvalidArgumentError(
        "keys: tls:// proves who speaks, always, and there is nobody to "
        "believe: list the servers' keys, or name a CA");
  }
  if (!keys.authorities.empty()) {
    if (absl::Status status = trust->Believe(keys.authorities); !status.ok()) {
      return status;
    }
  }
  for (const auto& [peer, listed] : keys.listed) {
    for (const std::string& entry : listed) {
      if (absl::Status status = trust->List(peer, entry); !status.ok()) {
        return status;
      }
    }
  }
  trust->listed_ = keys.listed;
  return trust;
}

absl::Status Trust::Believe(const std::string& authorities) {
  std::vector<Owned<X509>> certificates;
  if (!ReadCertificates(authorities, certificates) || certificates.empty()) {
    return absl::InvalidArgumentError(
        "keys: the CA's certificates cannot be read; they stand in PEM, one "
        "or several");
  }
  store_.reset(X509_STORE_new());
  if (store_ == nullptr) return absl::UnavailableError(TakeErrors());
  for (const Owned<X509>& certificate : certificates) {
    if (X509_STORE_add_cert(store_.get(), certificate.get()) != 1) {
      return absl::UnavailableError(TakeErrors());
    }
  }
  // Each of them is believed, also one that another CA has signed.
  X509_STORE_set_flags(store_.get(), X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_set_depth(store_.get(), kMaxDepth);
  // As strong as what TLS itself is held to.
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(store_.get()),
                                   kSecurityLevel);
  return absl::OkStatus();
}

absl::Status Trust::List(Pid peer, const std::string& entry) {
  if (!absl::StrContains(entry, "://")) {
    if (absl::Status status = CheckTlsKey(entry); !status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("keys: of server ", peer, ": ", status.message()));
    }
    pins_[entry].push_back(peer);
    return absl::OkStatus();
  }
  if (store_ == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys: \"", entry, "\" of server ", peer,
                     " is a name, which says nothing without a CA"));
  }
  if (absl::StartsWith(entry, kNamePrefix)) {
    names_[entry].push_back(peer);
    return absl::OkStatus();
  }
  const absl::StatusOr<Url> url = ParseUrl(entry);
  if (!url.ok()) return url.status();
  const absl::StatusOr<TcpAddress> address = ParseTcpAddress(*url);
  if (!address.ok()) return address.status();
  hosts_[address->host].push_back(peer);
  return absl::OkStatus();
}

std::vector<Pid> Trust::PinnedBy(const std::string& pin) const {
  const auto found = pins_.find(pin);
  return found == pins_.end() ? std::vector<Pid>() : found->second;
}

std::vector<Pid> Trust::NamedIn(const X509& certificate) const {
  std::vector<Pid> pids;
  for (const Name& name : NamesIn(certificate)) {
    const auto& among = name.is_host ? hosts_ : names_;
    const auto found = among.find(name.text);
    if (found != among.end()) AddTo(pids, found->second);
  }
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

std::string Trust::Wanted(Pid peer) const {
  const auto found = listed_.find(peer);
  return found == listed_.end() ? "" : absl::StrJoin(found->second, " or ");
}

Verdict Trust::JudgeSigned(X509* shown, STACK_OF(X509) * others, As as) const {
  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (context == nullptr ||
      X509_STORE_CTX_init(context.get(), store_.get(), shown, others) != 1) {
    return Refused(TurnedAway::kUntrusted, X509_V_ERR_OUT_OF_MEM, TakeErrors());
  }
  if (as == As::kFormer) {
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
  } else {
    X509_STORE_CTX_set_default(context.get(),
                               as == As::kClient ? "ssl_client" : "ssl_server");
  }
  if (X509_verify_cert(context.get()) == 1) return Verdict();
  const int error = X509_STORE_CTX_get_error(context.get());
  const int depth = X509_STORE_CTX_get_error_depth(context.get());
  const X509* const at = X509_STORE_CTX_get_current_cert(context.get());
  ERR_clear_error();
  const absl::string_view whose =
      depth == 0 ? "its certificate" : "the certificate of its CA";
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
      if (at != nullptr) {
        const Verdict verdict = JudgeDates(*at, whose);
        if (!verdict.good()) return verdict;
      }
      break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return Refused(TurnedAway::kUntrusted, error,
                     absl::StrCat("its certificate is signed by itself, and "
                                  "its key, ",
                                  PinOf(*shown), ", is not listed"));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return Refused(TurnedAway::kUntrusted, error,
                     "its certificate is signed by none of our CAs");
    default:
      break;
  }
  return Refused(
      TurnedAway::kUntrusted, error,
      absl::StrCat(whose, ": ", X509_verify_cert_error_string(error)));
}

Verdict Trust::Judge(X509* shown, STACK_OF(X509) * others, Pid called,
                     As as) const {
  const std::string pin = PinOf(*shown);
  std::vector<Pid> proves = PinnedBy(pin);
  Verdict verdict;
  const auto proves_called = [&] {
    return called == 0
               ? !proves.empty()
               : std::binary_search(proves.begin(), proves.end(), called);
  };
  if (proves_called()) {
    if (as != As::kFormer) verdict = JudgeDates(*shown, "its certificate");
    if (verdict.good()) verdict.proves = std::move(proves);
    verdict.key = pin;
    return verdict;
  }
  const std::vector<Pid> pinned = proves;
  if (store_ != nullptr) {
    verdict = JudgeSigned(shown, others, as);
    if (!verdict.good() && pinned.empty()) return verdict;
    if (verdict.good()) AddTo(proves, NamedIn(*shown));
    std::sort(proves.begin(), proves.end());
    if (verdict.good() && proves_called()) {
      verdict.proves = std::move(proves);
      verdict.key = ToPem(*shown, others);
      return verdict;
    }
  }
  if (!proves.empty()) {
    return Refused(
        TurnedAway::kOtherName, X509_V_ERR_PERMITTED_VIOLATION,
        absl::StrCat("its certificate is that of server ",
                     absl::StrJoin(proves, ", "), ", not of server ", called));
  }
  if (store_ != nullptr) {
    return Refused(
        TurnedAway::kOtherName, X509_V_ERR_PERMITTED_VIOLATION,
        absl::StrCat("its certificate names ", Shown(*shown),
                     called == 0 ? ", no server of the configuration"
                                 : absl::StrCat(", not ", Wanted(called))));
  }
  return Refused(TurnedAway::kUnknownKey,
                 X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
                 absl::StrCat("the key of its certificate, ", pin,
                              ", is not listed", called == 0 ? "" : " for it"));
}

bool Trust::Proves(Pid peer, const std::string& key) const {
  const std::vector<Pid> pinned = PinnedBy(key);
  if (std::binary_search(pinned.begin(), pinned.end(), peer)) return true;
  std::vector<Owned<X509>> certificates;
  if (!ReadCertificates(key, certificates) || certificates.empty()) {
    return false;
  }
  // They stay with their owners.
  STACK_OF(X509)* const others = sk_X509_new_null();
  for (const Owned<X509>& certificate : certificates) {
    sk_X509_push(others, certificate.get());
  }
  const Verdict verdict =
      Judge(certificates[0].get(), others, peer, As::kFormer);
  sk_X509_free(others);
  return verdict.good();
}

absl::Status Trust::CheckOwn(const X509& own, Pid self) const {
  const std::string pin = PinOf(own);
  std::vector<Pid> proves = PinnedBy(pin);
  if (store_ != nullptr) AddTo(proves, NamedIn(own));
  if (std::find(proves.begin(), proves.end(), self) != proves.end()) {
    return absl::OkStatus();
  }
  if (store_ != nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys: this server's certificate names ", Shown(own),
                     ", not ", Wanted(self), " as server ", self, " has to"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "keys: the key of this server's certificate, \"", pin,
      "\", is not listed for server ", self,
      "; list it, or take the key and certificate of one that is"));
}

}  // namespace raft_cluster::internal::tls
