#include "raft/transport/stream/tls/tls_channel.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "raft/transport/stream/tls/words.h"

namespace raft_cluster::internal::tls {
namespace {

using stream::Io;
using stream::Progress;

// Of one record: TLS allows no more.
constexpr size_t kRecordBytes = SSL3_RT_MAX_PLAIN_LENGTH;
// What is handed to the socket at once: fewer calls of the system, and still
// within the processor's nearest caches.
constexpr size_t kBatchBytes = 4 * kRecordBytes;
// What is read of a socket in one call, at most: in a handshake, and beside the
// bytes that were asked for.
constexpr size_t kMaxHandshakeReads = size_t{256} << 10;
constexpr size_t kMaxOverheadReads = size_t{64} << 10;
// AES-GCM may encrypt some 24 million full records with one key (RFC
// 8446, 5.5), and OpenSSL leaves it to its users to change it before.
constexpr uint64_t kMaxRecords = uint64_t{1} << 23;

}  // namespace

TlsChannel::TlsChannel(OwnedFd fd, Shared* shared, Pid called)
    : fd_(std::move(fd)),
      shared_(shared),
      context_(shared->context),
      called_(called),
      bio_(fd_.get(), &shared->encrypted),
      ssl_(context_->NewSession(this)) {
  Owned<BIO> bio = bio_.NewBio();
  if (ssl_ == nullptr || bio == nullptr) {
    Fail(TurnedAway::kHandshake, absl::StrCat("OpenSSL fails: ", TakeErrors()));
    return;
  }
  // For both directions; it has one reference for each that is set.
  SSL_set_bio(ssl_.get(), bio.get(), bio.get());
  (void)bio.release();
  if (called == 0) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
  }
}

TlsChannel::~TlsChannel() = default;

Progress TlsChannel::Handshake() {
  if (ended_ != Progress::kDone) return ended_;
  if (!established_) {
    ERR_clear_error();
    bio_.AllowToRead(kMaxHandshakeReads);
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      Establish();
    } else {
      After(result);
    }
    if (ended_ != Progress::kDone) {
      // Say why, where that can be said at once.
      bio_.Flush();
      bio_.EndPolitely();
      return ended_;
    }
  }
  // Where this fails the far end may have said why: see Read().
  if (!bio_.Flush()) return established_ ? Progress::kDone : FailToWrite();
  return established_ && bio_.empty() ? Progress::kDone : Progress::kAgain;
}

void TlsChannel::Establish() {
  if (shared_->context != context_) {
    Fail(TurnedAway::kHandshake, "the keys have changed in the TLS handshake");
    return;
  }
  established_ = true;
  proven_ = called_ != 0 || proves_.empty() ? called_ : proves_[0];
  pending_ = SSL_has_pending(ssl_.get()) == 1;
}

Io TlsChannel::Read(char* data, size_t size) {
  size_t total = 0;
  pending_ = false;
  bio_.AllowToRead(size + kMaxOverheadReads);
  while (ended_ == Progress::kDone && total < size) {
    ERR_clear_error();
    size_t got = 0;
    const int result =
        SSL_read_ex(ssl_.get(), data + total, size - total, &got);
    if (result != 1) {
      // What it holds now is the beginning of a record, whose rest the
      // descriptor will tell of.
      pending_ = After(result) != Progress::kAgain && total > 0;
      break;
    }
    total += got;
    pending_ = SSL_has_pending(ssl_.get()) == 1 || bio_.may_have_more();
    if (!pending_) break;
  }
  // Answers to what was read: another key, or why it was no good.
  if (bio_.written_bytes() > 0) bio_.Flush();
  if (total > 0) return {Progress::kDone, total};
  return {ended_ == Progress::kDone ? Progress::kAgain : ended_, 0};
}

Io TlsChannel::Write(const iovec* parts, int count) {
  if (ended_ != Progress::kDone) return {ended_, 0};
  if (!bio_.Flush()) return {Progress::kFailed, 0};
  if (!bio_.empty()) return {Progress::kAgain, 0};
  size_t written = std::exchange(ahead_bytes_, 0);
  for (;;) {
    size_t taken = 0;
    if (!Encrypt(parts, count, written, taken)) return {ended_, 0};
    if (taken == 0) break;
    if (!bio_.Flush()) return {Progress::kFailed, 0};
    if (!bio_.empty()) {
      ahead_bytes_ = taken;
      break;
    }
    written += taken;
  }
  return {written > 0 ? Progress::kDone : Progress::kAgain, written};
}

bool TlsChannel::Encrypt(const iovec* parts, int count, size_t skip,
                         size_t& taken) {
  std::string& plain = shared_->plain;
  plain.clear();
  for (int i = 0; i < count && taken + plain.size() < kBatchBytes; ++i) {
    if (skip >= parts[i].iov_len) {
      skip -= parts[i].iov_len;
      continue;
    }
    const char* bytes = static_cast<const char*>(parts[i].iov_base) + skip;
    size_t left = parts[i].iov_len - skip;
    skip = 0;
    while (left > 0 && taken + plain.size() < kBatchBytes) {
      // Large parts are encrypted where they are, small ones side by side.
      const size_t size = std::min(left, kRecordBytes - plain.size());
      const bool whole = size == kRecordBytes;
      if (!whole) plain.append(bytes, size);
      if (whole || plain.size() == kRecordBytes) {
        if (!EncryptRecord(whole ? bytes : plain.data(), kRecordBytes)) {
          return false;
        }
        plain.clear();
        taken += kRecordBytes;
      }
      bytes += size;
      left -= size;
    }
  }
  if (plain.empty()) return true;
  if (!EncryptRecord(plain.data(), plain.size())) return false;
  taken += plain.size();
  return true;
}

bool TlsChannel::EncryptRecord(const char* bytes, size_t size) {
  ERR_clear_error();
  if (++records_ % kMaxRecords == 0) {
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
  }
  size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes, size, &written);
  if (result == 1 && written == size) return true;
  if (After(result) == Progress::kAgain) {
    // It never waits: bio_ takes all, and nothing is negotiated anew.
    Fail(TurnedAway::kHandshake, "it does not do TLS as it should");
  }
  shared_->encrypted.clear();
  return false;
}

bool TlsChannel::wants_write() const {
  return ended_ == Progress::kDone && bio_.write_error() == 0 &&
         !bio_.empty() && (!established_ || ahead_bytes_ > 0);
}

void TlsChannel::Claim(Pid peer) {
  if (called_ == 0 &&
      std::binary_search(proves_.begin(), proves_.end(), peer)) {
    proven_ = peer;
  }
}

Verdict TlsChannel::Judge(X509* shown, STACK_OF(X509) * others) {
  Verdict verdict = context_->trust().Judge(
      shown, others, called_,
      called_ == 0 ? Trust::As::kClient : Trust::As::kServer);
  proves_ = verdict.proves;
  key_ = verdict.key;
  if (!verdict.good()) {
    // A key that nobody lists is said of callers; one who was called and has
    // another than it should have does not do the handshake, as with CURVE.
    const bool of_called =
        called_ != 0 && verdict.refusal == TurnedAway::kUnknownKey;
    Fail(of_called ? TurnedAway::kHandshake : verdict.refusal, verdict.why);
  }
  return verdict;
}

Progress TlsChannel::After(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (ended_ != Progress::kDone) {  // Judged.
    ERR_clear_error();
    return ended_;
  }
  if (error == SSL_ERROR_WANT_READ) {
    // All has been read that came before we were told.
    return bio_.write_error() == 0 ? Progress::kAgain : FailToWrite();
  }
  if (bio_.read_error() != 0) {
    ERR_clear_error();
    return Fail(TurnedAway::kHandshake,
                absl::StrCat("the connection is lost: ",
                             std::strerror(bio_.read_error())));
  }
  if (error == SSL_ERROR_ZERO_RETURN || bio_.at_end()) {
    ERR_clear_error();
    return Close(established_ ? "it hangs up"
                              : "it hangs up in the TLS handshake");
  }
  const Failure failure = TakeFailure();
  return Fail(failure.refusal, failure.why);
}

Progress TlsChannel::Close(const std::string& why) {
  why_ = absl::UnavailableError(why);
  return ended_ = Progress::kClosed;
}

Progress TlsChannel::Fail(TurnedAway refusal, const std::string& why) {
  refusal_ = refusal;
  why_ = absl::UnavailableError(why);
  return ended_ = Progress::kFailed;
}

Progress TlsChannel::FailToWrite() {
  return Fail(TurnedAway::kHandshake,
              absl::StrCat("the connection is lost: ",
                           std::strerror(bio_.write_error())));
}

}  // namespace raft_cluster::internal::tls
