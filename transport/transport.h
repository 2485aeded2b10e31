// The seam between a cluster and the wire: a transport carries frames of bytes
// from one server to its peers, and promises little.
//
// A frame arrives whole or not at all; it may be lost, doubled, reordered or
// late. The session layer above repairs all of that, so every guarantee of the
// cluster holds over any transport that passes the conformance suite
// (//testing:transport_conformance), also over yours (docs/transport.md builds
// one):
//
//   class UdpTransport : public raft_cluster::Transport {
//    public:
//     static absl::StatusOr<std::unique_ptr<raft_cluster::Transport>> Open(
//         const raft_cluster::TransportSpec& spec);
//     ...
//   };
//
//   raft_cluster::Registry registry = raft_cluster::BuiltinTransports();
//   absl::Status status = registry.Register("udp", UdpTransport::Open);
//
// Thread rule: ownership is a mutex, not a thread. All methods but two are
// called by the holder of one lock of the caller's, so never two at once, but
// from changing threads. The two are Wait() and Wake(), which need no
// ownership: Wait() may be inside while others call anything, and Wake() may
// come from anywhere. None may be inside when the transport is destroyed.
//
//   for (;;) {  // One thread; others may Send() meanwhile.
//     transport->Wait(absl::Seconds(1));
//     std::lock_guard<std::mutex> lock(mu);
//     transport->Poll(/*limit=*/100, receiver);
//   }
//
// Everything that a transport does on its own behalf, such as connecting anew,
// may happen inside Poll(): the user of a transport keeps polling.
//
// No method blocks but Wait(), none throws, none aborts for something that a
// network or a peer did.
#ifndef RAFT_TRANSPORT_TRANSPORT_H_
#define RAFT_TRANSPORT_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "raft/base/pid.h"
#include "raft/base/secret.h"
#include "raft/transport/frame.h"
#include "raft/transport/url.h"

namespace raft_cluster {

// Where a frame came from. To be handed back to Reply(); good as long as the
// transport, though a reply to one who has gone is lost.
struct Origin {
  Pid proven = 0;  // The peer, where a key proves it; 0 otherwise.
  // Names the connection to the transport, and says nothing to anybody else.
  uint64_t connection = 0;
  std::string address;  // For a log; its form is the transport's.
};

// Whom to connect to.
struct PeerSpec {
  Pid pid = 0;
  Url url;
  // The peer's public keys, where there are keys: it has one of these.
  std::vector<std::string> keys = {};
};

// What a transport may be relied on for, so that less work is done above it.
struct Properties {
  // Frames to a peer arrive in the order in which they were sent, as long as
  // the connection is not reset; none overtakes another.
  bool fifo = false;
  // What arrives is proven to be what was sent (by cryptography).
  bool proves_integrity = false;
  // It has taken TransportSpec::keys: every frame comes from the owner of one
  // of them, whom Origin::proven names. A caller without one is turned away.
  bool proves_peers = false;
  // The size of the frames that it carries best, where that is more than
  // TransportSpec::max_frame_bytes: then it takes and brings such up to this
  // size all the same. At most TransportSpec::large_frame_bytes. Large
  // envelopes travel in fragments that make such frames, if it is so at both
  // ends. 0: it would not have any larger ones.
  size_t preferred_frame_bytes = 0;
  // Others than this machine can reach the url on which it listens.
  bool reachable_from_afar = false;
  // Where it listens, in numbers: "127.0.0.1:10001". "" where there are none.
  std::string bound_address;
};

// Why somebody was turned away, or a message dropped, before it was a frame.
enum class TurnedAway {
  kHandshake,   // Did not do the transport's handshake: speaks something else,
                // or gave up.
  kKeysOfOne,   // The same, since only one of the two sides has keys.
  kUnknownKey,  // Has a key that TransportSpec::keys does not list.
  // Where keys stand in certificates: it shows none;
  kNoCertificate,
  kOldProtocol,  // speaks a version that is not good enough to show one in;
  kExpired,      // shows one that is not valid any more,
  kNotYetValid,  // or not yet;
  kUntrusted,    // one that nobody whom we believe has signed;
  kOtherName,    // or one of somebody else: of nobody we know, or of another
                 // peer than the one that was called.
  kMalformed,    // A message that no transport of this kind sends.
  kTooLarge  // A message above TransportSpec::max_frame_bytes, or without end.
};

enum class SendResult {
  kSent,     // On its way. Nothing is promised of its arrival.
  kFull,     // Not now: the peer's queue is at its bound, or the peer cannot be
             // reached and the transport keeps nothing (more) for it. Wait()
             // returns when it may work.
  kUnknown,  // No such peer: never connected to, disconnected, or the origin
             // has gone.
  kTooLarge  // The frame exceeds TransportSpec::max_frame_bytes.
};

// Who may speak, by keys in the transport's own notation. A transport that
// knows no keys need not look at them: Properties::proves_peers stays false,
// and a cluster that has keys refuses to start on it.
struct TransportKeys {
  Secret secret;  // Our own. Empty: nobody is asked for a key.
  // Public keys of all servers, our own included. Each of several is good,
  // so that old and new ones get along. A key that several peers list proves
  // the one with the lowest id.
  std::map<Pid, std::vector<std::string>> listed;
  // Certificates of CAs, in PEM. Where there are some, a peer may list names as
  // well as keys: what a certificate says that one of these has signed. No
  // transport but tls:// knows them.
  std::string authorities;
};

// Given to Poll(), which calls it on the polling thread, under the caller's
// lock. Must not call into the transport.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // `frame` owns or shares its bytes: keep it as long as you like.
  virtual void OnFrame(const Origin& origin, Frame frame) = 0;
  // Our connection to this peer was made (`up`) or lost: what was sent to
  // it before may be gone, what is sent from now on travels on a new one. Comes
  // once whenever a connection was made, the first one included. A time out
  // of reach in which nothing was sent may go unreported.
  virtual void OnReset(Pid peer, bool up) = 0;
  // This peer cannot be reached, and why: its name does not resolve, it
  // refuses, does not answer, hangs up in the handshake, there is no descriptor
  // left ... Comes when it is first so and whenever the reason changes, not at
  // each attempt; OnReset(peer, true) ends it.
  virtual void OnTrouble(Pid /*peer*/, const absl::Status& /*why*/) {}
  // Somebody was turned away. `peer`: the one that was called, or whose key
  // proves it; 0 for a stranger. `address`: for a log, as far as it is known.
  virtual void OnTurnedAway(TurnedAway /*why*/, Pid /*peer*/,
                            const std::string& /*address*/) {}
};

class Transport {
 public:
  // Closes at once: unsent frames are dropped, the address is free again when
  // the destructor returns. Never waits for a peer.
  virtual ~Transport() = default;

  // The url on which it listens, as bound: a wildcard port is resolved.
  virtual const Url& url() const = 0;
  virtual Properties properties() const = 0;

  // Starts to connect to `peer`, and goes on trying until Disconnect(), with
  // back-off and jitter; never waits. The peer need not be there yet, and a
  // host name that cannot be resolved is tried again. The transport's own url
  // is as good as any other. Connecting anew to a peer, at another url or with
  // other keys, replaces its connection (and drops what was queued on the old
  // one). INVALID_ARGUMENT: the pid is not positive; where there are keys, the
  // peer has none; the url is of another scheme or a wildcard.
  virtual absl::Status Connect(const PeerSpec& peer) = 0;
  // Drops the connection and what is queued on it. Unknown peers are ignored.
  virtual void Disconnect(Pid peer) = 0;
  // From now on these may speak, in place of TransportSpec::keys and of what
  // PeerSpec::keys said: all of it or, where this fails, none. A key that was
  // added is good at once; connections by a key that proves its peer no more
  // are cut, whoever made them. Another secret of our own counts for
  // connections that are made from then on, and all are made anew.
  // INVALID_ARGUMENT: what is wrong with the keys, as on opening; or there were
  // none before, or are none now. UNAVAILABLE: another secret takes listening
  // anew, and the address cannot be bound just now (the former one is in force,
  // and is bound as soon as that can be). May wait for a second for that
  // address. A transport that knows no keys has nothing to do.
  virtual absl::Status Rekey(const TransportKeys& /*keys*/) {
    return absl::OkStatus();
  }

  // Hands `frame` over for `peer`. Never blocks. The transport may keep the
  // frame's bytes by reference. Where it answers anything but kSent, nothing
  // of the frame is sent.
  virtual SendResult Send(Pid peer, const Frame& frame) = 0;
  // Answers the sender of a frame the way it came, whoever it is: the sender
  // gets it from its Poll() like any frame. For handshake answers and refusals
  // only: the queue behind it is small, and it keeps no order with Send().
  virtual SendResult Reply(const Origin& origin, const Frame& frame) = 0;

  // Hands at most `limit` frames, and any resets, to `receiver`; returns the
  // number of frames. Never waits. A return below `limit` means that there was
  // nothing more just now; after one at `limit` the next Wait() returns at
  // once if there may be more. REQUIRES: limit > 0.
  virtual int Poll(int limit, Receiver& receiver) = 0;

  // Sleeps until Poll() may have something to do, a refused Send() may work,
  // Wake() was called, or `timeout` is over (zero, negative and infinite ones
  // are allowed). May return early for no reason. Only Poll() takes away the
  // reason to return. A Wake() that comes before Wait() is not lost: the next
  // Wait() returns at once. One thread at a time.
  virtual void Wait(absl::Duration timeout) = 0;
  virtual void Wake() = 0;
};

// All that a transport needs to open. Grows by fields with defaults.
struct TransportSpec {
  Url url;       // To listen on; a wildcard port is allowed.
  Pid self = 0;  // Who listens.
  // Head and body together. A larger frame is refused on sending, and dropped
  // (its connection too, where the wire needs that) on receipt.
  size_t max_frame_bytes = size_t{1} << 20;
  // A transport on which larger frames cost less may take them up to this size,
  // which it then says: Properties::preferred_frame_bytes. Unless it does, the
  // bound above is the only one. 0: there will not be any.
  size_t large_frame_bytes = 0;
  // Send() answers kFull at the latest when this many bytes wait for one peer
  // (buffers of the operating system not counted); one frame always fits.
  size_t queue_bytes = size_t{1} << 20;
  TransportKeys keys;
  // How many peers it will be connected to, as far as that is known: what they
  // take of the system's limits is reckoned before the first one is called.
  int expected_peers = 0;
  // For so long Wait() looks for work before it sleeps, on a processor that it
  // takes for itself meanwhile: what comes in time need not wake a thread. It
  // spins less where that finds nothing. A transport whose work is done by
  // threads of its own need not look at it.
  absl::Duration spin = absl::ZeroDuration();
};

// Opens a transport: binds its url and returns.
// INVALID_ARGUMENT: the spec (says which field). UNAVAILABLE: the address is
// in use or cannot be bound (says which address, and what it may be).
// RESOURCE_EXHAUSTED: the system's limits (descriptors, threads, ...) leave too
// little for this transport and its peers (says how much it takes, and how much
// there is). What runs out later is a peer's trouble: Receiver::OnTrouble().
using Opener = std::function<absl::StatusOr<std::unique_ptr<Transport>>(
    const TransportSpec& spec)>;

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_TRANSPORT_H_
