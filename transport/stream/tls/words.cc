#include "raft/transport/stream/tls/words.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "absl/strings/str_cat.h"
#include "raft/transport/stream/tls/openssl.h"

namespace raft_cluster::internal::tls {
namespace {

// By what it has turned us away: the far end's last word. Ours are chosen in
// Trust so that each of these has one meaning between servers of ours.
std::string WordsOfAlert(int alert) {
  switch (alert) {
    case SSL_AD_CERTIFICATE_EXPIRED:
      return "it turned our certificate away: it has expired";
    case SSL_AD_BAD_CERTIFICATE:
      return "it turned our certificate away: it is not valid yet, or damaged";
    case SSL_AD_UNKNOWN_CA:
      return "it turned our certificate away: its key is not listed there, and "
             "no "
             "CA that is believed there has signed it";
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return "it turned our certificate away: it names no server that is "
             "listed "
             "there, or another one";
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return "it turned our certificate away: it is not made for both clients "
             "and "
             "servers";
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "it asked for a certificate, and got none";
    case SSL_AD_PROTOCOL_VERSION:
      return "it does not speak TLS 1.3";
    default:
      return absl::StrCat("it ended the TLS handshake: ",
                          SSL_alert_desc_string_long(alert));
  }
}

}  // namespace

Failure TakeFailure() {
  const unsigned long error = ERR_peek_error();  // NOLINT: OpenSSL's.
  const int reason =
      ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  const std::string all = TakeErrors();
  if (reason > SSL_AD_REASON_OFFSET) {
    const int alert = reason - SSL_AD_REASON_OFFSET;
    return {alert == SSL_AD_PROTOCOL_VERSION ? TurnedAway::kOldProtocol
                                             : TurnedAway::kHandshake,
            WordsOfAlert(alert)};
  }
  switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return {TurnedAway::kNoCertificate, "it shows no certificate"};
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION:
      return {TurnedAway::kOldProtocol,
              "it speaks an older TLS than 1.3, which is not good enough"};
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
      return {TurnedAway::kHandshake, "it does not speak TLS"};
    default:
      return {TurnedAway::kHandshake,
              absl::StrCat("it does not do TLS as it should: ",
                           all.empty() ? "no reason is known" : all)};
  }
}

}  // namespace raft_cluster::internal::tls
