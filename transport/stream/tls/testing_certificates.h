// Certificates for tests, good ones and bad ones, made in memory.
//
//   const TestCa ca;
//   TestCertificate wanted;
//   wanted.names = {"URI:raft://orders/1", "IP:127.0.0.1"};
//   spec.keys.secret = ca.Issue(wanted);
//   spec.keys.authorities = ca.pem();
//
// Thread rule: const methods from any thread.
#ifndef RAFT_TRANSPORT_STREAM_TLS_TESTING_CERTIFICATES_H_
#define RAFT_TRANSPORT_STREAM_TLS_TESTING_CERTIFICATES_H_

#include <string>
#include <vector>

#include "raft/base/secret.h"
#include "raft/transport/stream/tls/openssl.h"

namespace raft_cluster::internal {

struct TestCertificate {
  // As OpenSSL writes subjectAltName: "URI:raft://a/1", "DNS:db", "IP:::1".
  std::vector<std::string> names;
  // When it is valid, in days from now.
  int from_days = -1;
  int until_days = 365;
  std::string key_usage;  // extendedKeyUsage, as "serverAuth"; "": for all.
  bool is_ca = false;
};

// A key and its certificate, signed by itself.
Secret SelfSigned(const TestCertificate& wanted = {});

class TestCa {
 public:
  // A CA, and its own certificate's dates.
  explicit TestCa(const TestCertificate& own = Root());
  // One that another has signed.
  TestCa(const TestCa& by, const TestCertificate& own);

  // A new key and its certificate, and this CA's behind it if `chain`.
  Secret Issue(const TestCertificate& wanted, bool chain = false) const;
  std::string pem() const;  // Its certificate.

  static TestCertificate Root();

 private:
  tls::Owned<EVP_PKEY> key_;
  tls::Owned<X509> certificate_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_STREAM_TLS_TESTING_CERTIFICATES_H_
