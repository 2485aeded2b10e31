#include "raft/transport/stream/tls/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "raft/transport/stream/tls/pin.h"

namespace raft_cluster::internal::tls {

bool ReadCertificates(absl::string_view pem, std::vector<Owned<X509>>& into) {
  const Owned<BIO> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return false;
  for (;;) {
    Owned<X509> next(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, /*password=*/nullptr));
    if (next == nullptr) break;
    into.push_back(std::move(next));
  }
  const bool at_end =
      ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return at_end;
}

std::string ToPem(const X509& certificate, const STACK_OF(X509) * others) {
  const Owned<BIO> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr) return "";
  PEM_write_bio_X509(bio.get(), &certificate);
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    const X509* const other = sk_X509_value(others, i);
    if (X509_cmp(other, &certificate) != 0) {
      PEM_write_bio_X509(bio.get(), other);
    }
  }
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<size_t>(size));
}

std::string TakeErrors() {
  std::string words;
  for (unsigned long error = ERR_get_error(); error != 0;  // NOLINT: theirs.
       error = ERR_get_error()) {
    const char* const reason = ERR_reason_error_string(error);
    absl::StrAppend(&words, words.empty() ? "" : "; ",
                    reason != nullptr ? reason : absl::StrCat("error ", error));
  }
  return words;
}

std::string DateOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    ERR_clear_error();
    return "a date that cannot be read";
  }
  return absl::StrFormat("%04d-%02d-%02d", parts.tm_year + 1900,
                         parts.tm_mon + 1, parts.tm_mday);
}

std::string PinOf(const X509& certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  if (size <= 0) {
    ERR_clear_error();
    return "";
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int digest_size = 0;
  const bool done = EVP_Digest(der, static_cast<size_t>(size), digest,
                               &digest_size, EVP_sha256(), nullptr) == 1;
  OPENSSL_free(der);
  if (!done) {
    ERR_clear_error();
    return "";
  }
  return absl::StrCat(kPinPrefix,
                      absl::BytesToHexString(absl::string_view(
                          reinterpret_cast<const char*>(digest), digest_size)));
}

}  // namespace raft_cluster::internal::tls
