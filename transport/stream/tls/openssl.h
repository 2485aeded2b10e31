// OpenSSL's objects as values that free themselves, and its errors in words.
//
// Thread rule: each thread has an error queue of its own.
#ifndef RAFT_TRANSPORT_STREAM_TLS_OPENSSL_H_
#define RAFT_TRANSPORT_STREAM_TLS_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace raft_cluster::internal::tls {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const {
    X509_STORE_CTX_free(context);
  }
};

// Of keys and signatures: 112 bits, so RSA of 2,048 bits and no SHA-1.
constexpr int kSecurityLevel = 2;

template <typename T>
using Owned = std::unique_ptr<T, Free>;

// The certificates that stand in a text of PEM, in its order; what else stands
// there is passed over. False: one of them is none.
bool ReadCertificates(absl::string_view pem, std::vector<Owned<X509>>& into);

// `certificate` and those after it, which may be null and may hold it, too.
std::string ToPem(const X509& certificate, const STACK_OF(X509) * others);

// The errors that this thread's queue holds, and empties it: "" if there are
// none.
std::string TakeErrors();

// What stands in X.509 for a time: "2026-01-01", in UTC.
std::string DateOf(const ASN1_TIME* time);

// "sha256:" and the SHA-256 of the public key (SubjectPublicKeyInfo) in 64
// lower-case hexadecimal digits; "" if OpenSSL cannot say.
std::string PinOf(const X509& certificate);

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_OPENSSL_H_
