#include "raft/transport/stream/tls/credentials.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "raft/transport/stream/tls/openssl.h"
#include "raft/transport/stream/tls/own_certificate.h"

namespace raft_cluster::internal {
namespace {

using tls::Owned;

// So that a clock which is a little behind finds it valid at once.
constexpr long kSecondsBefore = -24L * 3600;  // NOLINT: OpenSSL's.
constexpr char kNoEnd[] = "99991231235959Z";

absl::Status Unavailable() {
  return absl::UnavailableError(
      absl::StrCat("OpenSSL cannot make a key: ", tls::TakeErrors()));
}

// Who asked for a password would wait at the terminal for one.
int NoPassword(char* /*into*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

bool Number(X509* certificate) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] &= 0x7f;  // Positive.
  bytes[0] |= 0x40;  // And of one length.
  BIGNUM* const number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  const bool done =
      number != nullptr &&
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return done;
}

Owned<X509> SelfSigned(EVP_PKEY* key) {
  Owned<X509> certificate(X509_new());
  X509* const x509 = certificate.get();
  if (x509 == nullptr) return nullptr;
  X509_NAME* const name = X509_get_subject_name(x509);
  const auto* const text = reinterpret_cast<const unsigned char*>("raft");
  const bool done =
      X509_set_version(x509, X509_VERSION_3) == 1 && Number(x509) &&
      X509_gmtime_adj(X509_getm_notBefore(x509), kSecondsBefore) != nullptr &&
      ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), kNoEnd) == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) ==
          1 &&
      X509_set_issuer_name(x509, name) == 1 &&
      X509_set_pubkey(x509, key) == 1 &&
      X509_sign(x509, key, /*md=*/nullptr) > 0;
  return done ? std::move(certificate) : nullptr;
}

}  // namespace

namespace tls {

absl::StatusOr<OwnCertificate> OwnCertificate::Read(const Secret& pem) {
  const auto unfit = [](absl::string_view why) {
    ERR_clear_error();
    return absl::InvalidArgumentError(
        absl::StrCat("keys: ", why,
                     "; a tls:// server has its private key and its "
                     "certificate in PEM, as `keygen --tls` writes them"));
  };
  OwnCertificate own;
  const Owned<BIO> bio(
      BIO_new_mem_buf(pem.text().data(), static_cast<int>(pem.text().size())));
  bool encrypted = false;
  if (bio != nullptr) {
    own.key.reset(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, &encrypted));
  }
  if (own.key == nullptr) {
    return unfit(encrypted ? "the private key is encrypted with a password"
                           : "there is no private key");
  }
  if (!ReadCertificates(pem.text(), own.chain)) {
    return unfit("a certificate cannot be read");
  }
  if (own.chain.empty()) return unfit("there is no certificate");
  if (X509_check_private_key(own.chain[0].get(), own.key.get()) != 1) {
    return unfit("the first certificate is not of the private key");
  }
  return own;
}

}  // namespace tls

absl::StatusOr<Secret> NewTlsCredentials() {
  const Owned<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) return Unavailable();
  const Owned<X509> certificate = SelfSigned(key.get());
  // OpenSSL overwrites it when it frees it.
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (certificate == nullptr || bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0,
                                    nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(bio.get(), certificate.get()) != 1) {
    return Unavailable();
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);  // NOLINT: theirs.
  // Without the end of its last line, as a key is that was read from a file.
  std::string text(bytes, static_cast<size_t>(size) - 1);
  Secret secret(text);
  explicit_bzero(&text[0], text.size());
  return secret;
}

absl::StatusOr<std::string> TlsPinOf(const Secret& pem) {
  const absl::StatusOr<tls::OwnCertificate> own =
      tls::OwnCertificate::Read(pem);
  if (!own.ok()) return own.status();
  return tls::PinOf(*own->chain[0]);
}

bool LooksLikePem(absl::string_view text) {
  return absl::StrContains(text, "-----BEGIN ");
}

}  // namespace raft_cluster::internal
