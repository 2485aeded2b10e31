#include "raft/transport/stream/tls/context.h"

#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/transport/stream/tls/credentials.h"
#include "raft/transport/stream/tls/testing_certificates.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::tls {
namespace {

using testing::HasSubstr;

class ContextErrors : public testing::Test {
 protected:
  ContextErrors() {
    keys_.secret = NewTlsCredentials().value();
    keys_.listed[1] = {TlsPinOf(keys_.secret).value()};
  }
  void Expect(const std::string& words) {
    const absl::Status status = Context::Create(keys_, 1).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
  TransportKeys keys_;
};

TEST_F(ContextErrors, AreSaid) {
  EXPECT_TRUE(Context::Create(keys_, 1).ok());
  const TransportKeys good = keys_;
  keys_.listed[1] = {TlsPinOf(SelfSigned()).value()};
  Expect("\"" + good.listed.at(1)[0] + "\", is not listed for server 1");
  keys_ = good;
  keys_.listed.clear();
  Expect("nobody to believe");
  keys_ = good;
  keys_.secret = Secret();
  Expect("own key and certificate are missing");
  keys_.secret = std::string("nonsense");
  Expect("there is no private key");
  keys_ = good;
  keys_.listed[7] = {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"};
  Expect("of server 7");
  keys_.listed[7] = {"raft://orders/7"};
  Expect("says nothing without a CA");
  keys_.authorities = "nonsense";
  Expect("the CA's certificates cannot be read");
  keys_.authorities = TestCa().pem();
  EXPECT_TRUE(Context::Create(keys_, 1).ok());
  keys_.listed[1] = {"raft://orders/1"};
  Expect("names nobody, not raft://orders/1");
}

}  // namespace
}  // namespace raft_cluster::internal::tls
