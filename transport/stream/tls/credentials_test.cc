#include "raft/transport/stream/tls/credentials.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/stream/tls/own_certificate.h"
#include "raft/transport/stream/tls/pin.h"
#include "raft/transport/stream/tls/testing_certificates.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

TEST(Credentials, AreNewEachTime) {
  const Secret one = NewTlsCredentials().value();
  const Secret other = NewTlsCredentials().value();
  EXPECT_TRUE(LooksLikePem(one.text()));
  const std::string pin = TlsPinOf(one).value();
  EXPECT_TRUE(CheckTlsKey(pin).ok()) << pin;
  EXPECT_EQ(TlsPinOf(one).value(), pin);
  EXPECT_NE(TlsPinOf(other).value(), pin);
}

TEST(Credentials, DoNotExpire) {
  const auto own =
      tls::OwnCertificate::Read(NewTlsCredentials().value()).value();
  X509* const certificate = own.chain.at(0).get();
  EXPECT_EQ(tls::DateOf(X509_get0_notAfter(certificate)), "9999-12-31");
  EXPECT_LT(X509_cmp_current_time(X509_get0_notBefore(certificate)), 0);
  EXPECT_EQ(EVP_PKEY_get_base_id(own.key.get()), EVP_PKEY_ED25519);
}

// Made by OpenSSL's command: x509 -pubkey | pkey -pubin -outform der |
// sha256sum.
TEST(Credentials, HaveAKeyThatOthersCanReckon) {
  const absl::string_view certificate =
      "-----BEGIN CERTIFICATE-----\n"
      "MIIBMjCB5aADAgECAhRvlucukkfAkIv5RKIJITv6lpJRUzAFBgMrZXAwDzENMAsG\n"
      "A1UEAwwEcmFmdDAeFw0yNjExMjgxMzU5NDZaFw0zNjExMjUxMzU5NDZaMA8xDTAL\n"
      "BgNVBAMMBHJhZnQwKjAFBgMrZXADIQClPiSfV8NPRvWJRJk/EqFrpc2hnNK+Pahg\n"
      "vEkRTlTR2qNTMFEwHQYDVR0OBBYEFBlPjaUo3h07rguCyFjVvsKo67a8MB8GA1Ud\n"
      "IwQYMBaAFBlPjaUo3h07rguCyFjVvsKo67a8MA8GA1UdEwEB/wQFMAMBAf8wBQYD\n"
      "K2VwA0EAm3H3Iz+fhBvXPRciYe0a3aqWSQGoaLj73mdqXxHS8JSpRIcwdV/oj97i\n"
      "ZkdIvw9Tjq10wcg/0uG8d1/cLY31Bw==\n"
      "-----END CERTIFICATE-----\n";
  std::vector<tls::Owned<X509>> read;
  ASSERT_TRUE(tls::ReadCertificates(certificate, read));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(tls::PinOf(*read[0]),
            "sha256:"
            "887483f513037b5591232a8a1edb8615b4d4af0df6bba4088a90b0a4765dc6b2");
}

class CredentialErrors : public testing::Test {
 protected:
  static void Expect(const std::string& pem, const std::string& words) {
    const auto pin = TlsPinOf(Secret(pem));
    EXPECT_EQ(pin.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(pin.status().message()), HasSubstr(words));
  }
};

TEST_F(CredentialErrors, AreSaid) {
  const std::string good = SelfSigned().text();
  const size_t certificate = good.find("-----BEGIN CERTIFICATE");
  Expect("", "there is no private key");
  Expect("nonsense", "there is no private key");
  Expect(good.substr(certificate), "there is no private key");
  Expect(good.substr(0, certificate), "there is no certificate");
  Expect(good.substr(0, certificate) + TestCa().pem(),
         "the first certificate is not of the private key");
  std::string damaged = good;
  damaged.replace(damaged.size() - 100, 8, "AAAAAAAA");
  damaged.insert(certificate + 60, "*");
  Expect(damaged, "a certificate cannot be read");
  EXPECT_TRUE(TlsPinOf(SelfSigned()).ok());
}

TEST(TlsKeys, HaveOneSpelling) {
  const std::string digits(64, 'a');
  EXPECT_TRUE(CheckTlsKey("sha256:" + digits).ok());
  for (const std::string& bad :
       {digits, "sha256:" + digits.substr(1), "sha256:" + digits + "a",
        "SHA256:" + digits, "sha256:" + std::string(64, 'A'),
        "sha256:" + std::string(64, 'g'), std::string(),
        std::string("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID")}) {
    const absl::Status status = CheckTlsKey(bad);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("keygen --tls"));
  }
}

}  // namespace
}  // namespace raft_cluster::internal
