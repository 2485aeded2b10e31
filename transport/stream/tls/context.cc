#include "raft/transport/stream/tls/context.h"

#include <openssl/err.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/transport/stream/tls/own_certificate.h"

namespace raft_cluster::internal::tls {
namespace {

// All that OpenSSL has for TLS 1.3 by default; the fastest first.
constexpr char kCipherSuites[] =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:"
    "TLS_AES_256_GCM_SHA384";
// Four records, so that a stream takes a call of the system for four.
constexpr size_t kReadBytes = size_t{64} << 10;
// What a stranger may have us hold of certificates.
constexpr long kMaxChainBytes = 32L << 10;  // NOLINT: OpenSSL's.

// Where a connection keeps its judge.
int JudgeIndex() {
  static const int index =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// In the place of OpenSSL's own verification, which knows nothing of listed
// keys. 0 makes it end the handshake.
int Verify(X509_STORE_CTX* shown, void* /*argument*/) {
  auto* const ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(shown, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const judge =
      static_cast<CertificateJudge*>(SSL_get_ex_data(ssl, JudgeIndex()));
  const Verdict verdict = judge->Judge(X509_STORE_CTX_get0_cert(shown),
                                       X509_STORE_CTX_get0_untrusted(shown));
  X509_STORE_CTX_set_error(shown,
                           verdict.good() ? X509_V_OK : verdict.alert_error);
  return verdict.good() ? 1 : 0;
}

bool Restrict(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBytes);
  SSL_CTX_set_quiet_shutdown(context, 1);
  SSL_CTX_set_max_cert_list(context, kMaxChainBytes);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  SSL_CTX_set_cert_verify_callback(context, Verify, nullptr);
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_ciphersuites(context, kCipherSuites) == 1 &&
         JudgeIndex() >= 0;
}

bool Show(SSL_CTX* context, const OwnCertificate& own) {
  if (SSL_CTX_use_certificate(context, own.chain[0].get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, own.key.get()) != 1) {
    return false;
  }
  for (size_t i = 1; i < own.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, own.chain[i].get()) != 1) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Context>> Context::Create(
    const TransportKeys& keys, Pid self) {
  auto context = std::make_shared<Context>();
  if (absl::Status status = context->Prepare(keys, self); !status.ok()) {
    return status;
  }
  return context;
}

absl::Status Context::Prepare(const TransportKeys& keys, Pid self) {
  absl::StatusOr<std::shared_ptr<const Trust>> trust = Trust::Create(keys);
  if (!trust.ok()) return trust.status();
  trust_ = *std::move(trust);
  if (keys.secret.empty()) {
    return absl::InvalidArgumentError(
        "keys: tls:// proves who speaks, always, but this server's own key and "
        "certificate are missing");
  }
  const absl::StatusOr<OwnCertificate> own = OwnCertificate::Read(keys.secret);
  if (!own.ok()) return own.status();
  // Found out here and not by peers, who could only say that somebody has a key
  // which they do not know.
  if (absl::Status status = trust_->CheckOwn(*own->chain[0], self);
      !status.ok()) {
    return status;
  }
  context_.reset(SSL_CTX_new(TLS_method()));
  if (context_ == nullptr || !Restrict(context_.get())) {
    return absl::UnavailableError(
        absl::StrCat("OpenSSL cannot do TLS 1.3: ", TakeErrors()));
  }
  if (!Show(context_.get(), *own)) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys: OpenSSL does not take this server's certificate: ",
                     TakeErrors()));
  }
  return absl::OkStatus();
}

Owned<SSL> Context::NewSession(CertificateJudge* judge) const {
  Owned<SSL> ssl(SSL_new(context_.get()));
  if (ssl == nullptr || SSL_set_ex_data(ssl.get(), JudgeIndex(), judge) != 1) {
    return nullptr;
  }
  return ssl;
}

}  // namespace raft_cluster::internal::tls
