// A connected socket with TLS 1.3 over it.
//
// It shows this server's certificate, asks for the other one's, and is done
// with its handshake only if that is good (trust.h). An idle one holds no
// buffers: some 20 KiB in all.
//
// The end that has dialled is done first: that the other one has turned it away
// comes with what it reads next.
//
// Thread rule: all of one TlsWire under one lock.
#ifndef RAFT_TRANSPORT_STREAM_TLS_TLS_CHANNEL_H_
#define RAFT_TRANSPORT_STREAM_TLS_TLS_CHANNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "raft/transport/net/owned_fd.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/stream/tls/context.h"
#include "raft/transport/stream/tls/socket_bio.h"

namespace raft_cluster::internal::tls {

// What all channels of a wire have in common.
struct Shared {
  // For those that are made from now on; those that are in their handshake when
  // it changes fail.
  std::shared_ptr<const Context> context;
  // They write through these, one at a time.
  std::string plain;
  std::string encrypted;
};

class TlsChannel : public stream::Channel, private CertificateJudge {
 public:
  // `fd` is connected and does not block. `called`: whom we have dialled; 0:
  // the far end has called us. `shared` outlives it.
  TlsChannel(OwnedFd fd, Shared* shared, Pid called);
  ~TlsChannel() override;

  int fd() const override { return fd_.get(); }
  stream::Progress Handshake() override;
  stream::Io Read(char* data, size_t size) override;
  // After kAgain, and for what it has not moved, the same bytes have to come
  // first again: they may be encrypted already.
  stream::Io Write(const iovec* parts, int count) override;
  bool wants_write() const override;
  bool pending() const override { return pending_; }

  // The one that we have dialled. Of a caller: the one with the lowest pid of
  // those whom the certificate proves, until it claims to be another one.
  Pid proven() const override { return established_ ? proven_ : 0; }
  void Claim(Pid peer) override;
  // The certificate's key, where that is what proves it; otherwise all that was
  // shown, in PEM.
  const std::string& key() const override { return key_; }
  TurnedAway refusal() const override { return refusal_; }
  absl::Status why() const override { return why_; }

 private:
  Verdict Judge(X509* shown, STACK_OF(X509) * others) override;
  // How it goes on after a call of OpenSSL's that has answered `result`, which
  // is not success.
  stream::Progress After(int result);
  stream::Progress FailToWrite();
  stream::Progress Close(const std::string& why);
  stream::Progress Fail(TurnedAway refusal, const std::string& why);
  // Encrypts up to kBatchBytes of what comes after the first `skip` bytes of
  // the parts, and says how many. False: it has ended.
  bool Encrypt(const iovec* parts, int count, size_t skip, size_t& taken);
  bool EncryptRecord(const char* bytes, size_t size);

  void Establish();

  const OwnedFd fd_;
  Shared* const shared_;
  const std::shared_ptr<const Context> context_;
  const Pid called_;
  SocketBio bio_;
  Owned<SSL> ssl_;

  bool established_ = false;
  bool pending_ = false;
  // Of what comes with the next Write(), bytes that are encrypted and wait in
  // bio_.
  size_t ahead_bytes_ = 0;
  uint64_t records_ = 0;  // Written with the present keys.
  std::vector<Pid> proves_;
  Pid proven_ = 0;
  std::string key_;
  stream::Progress ended_ = stream::Progress::kDone;  // Not: kClosed, kFailed.
  TurnedAway refusal_ = TurnedAway::kHandshake;
  absl::Status why_;
};

}  // namespace raft_cluster::internal::tls

#endif  // RAFT_TRANSPORT_STREAM_TLS_TLS_CHANNEL_H_
