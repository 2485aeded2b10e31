#include "raft/transport/stream/tls/testing_certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace raft_cluster::internal {
namespace {

using tls::Owned;

void Require(bool done, const char* what) {
  if (done) return;
  std::cerr << "test certificates: " << what << ": " << tls::TakeErrors()
            << std::endl;
  std::abort();
}

void AddExtension(X509* x509, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Require(extension != nullptr, value.c_str());
  Require(X509_add_ext(x509, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

void SetDate(ASN1_TIME* date, int days) {
  Require(X509_time_adj_ex(date, days, 0, nullptr) != nullptr, "date");
}

Owned<EVP_PKEY> NewKey() {
  Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  Require(key != nullptr, "key");
  return key;
}

// Signed by `by`, whose key is `signer`; null: by itself.
Owned<X509> Make(const TestCertificate& wanted, EVP_PKEY* key, const X509* by,
                 EVP_PKEY* signer) {
  Owned<X509> certificate(X509_new());
  X509* const x509 = certificate.get();
  Require(x509 != nullptr, "certificate");
  uint32_t number = 0;
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(&number),
                     sizeof(number)) == 1,
          "number");
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), number);
  SetDate(X509_getm_notBefore(x509), wanted.from_days);
  SetDate(X509_getm_notAfter(x509), wanted.until_days);
  const std::string name = absl::StrCat("test ", number);
  X509_NAME* const subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509,
                       by == nullptr ? subject : X509_get_subject_name(by));
  X509_set_pubkey(x509, key);
  AddExtension(x509, NID_basic_constraints,
               wanted.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (wanted.is_ca) AddExtension(x509, NID_key_usage, "critical,keyCertSign");
  if (!wanted.names.empty()) {
    AddExtension(x509, NID_subject_alt_name, absl::StrJoin(wanted.names, ","));
  }
  if (!wanted.key_usage.empty()) {
    AddExtension(x509, NID_ext_key_usage, wanted.key_usage);
  }
  Require(X509_sign(x509, signer == nullptr ? key : signer, EVP_sha256()) > 0,
          "signature");
  return certificate;
}

std::string Written(const Owned<BIO>& bio) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

std::string PemOf(X509* certificate) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1, "certificate");
  return Written(bio);
}

std::string PemOf(EVP_PKEY* key) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0,
                                        nullptr, nullptr) == 1,
          "key");
  return Written(bio);
}

}  // namespace

Secret SelfSigned(const TestCertificate& wanted) {
  const Owned<EVP_PKEY> key = NewKey();
  const Owned<X509> certificate = Make(wanted, key.get(), nullptr, nullptr);
  return absl::StrCat(PemOf(key.get()), PemOf(certificate.get()));
}

TestCa::TestCa(const TestCertificate& own)
    : key_(NewKey()), certificate_(Make(own, key_.get(), nullptr, nullptr)) {}

TestCa::TestCa(const TestCa& by, const TestCertificate& own)
    : key_(NewKey()),
      certificate_(
          Make(own, key_.get(), by.certificate_.get(), by.key_.get())) {}

Secret TestCa::Issue(const TestCertificate& wanted, bool chain) const {
  const Owned<EVP_PKEY> key = NewKey();
  const Owned<X509> certificate =
      Make(wanted, key.get(), certificate_.get(), key_.get());
  return absl::StrCat(PemOf(key.get()), PemOf(certificate.get()),
                      chain ? pem() : "");
}

std::string TestCa::pem() const { return PemOf(certificate_.get()); }

TestCertificate TestCa::Root() {
  TestCertificate root;
  root.is_ca = true;
  return root;
}

}  // namespace raft_cluster::internal
