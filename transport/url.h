// Where a server listens: a scheme, and an address that means something to the
// carrier of that scheme alone.
//
//   tcp://127.0.0.1:10001     a host and a port
//   127.0.0.1:10001           short for tcp://
//   ipc:///run/raft/1.sock    a path (a Unix socket)
//   plain://127.0.0.1:10001   the same over a socket without ZeroMQ
//   unix:///run/raft/1.sock   and so for paths
//   shm:///run/raft/1.sock    shared memory, over a socket at a path
//   loopback://one            a name in a network in memory
//   udp://anything            what a carrier of yours makes of it
//
//   absl::StatusOr<raft_cluster::Url> url =
//       raft_cluster::ParseUrl("127.0.0.1:10001");
//
// What an address may look like, and which two spellings are one, is asked of
// the carrier: Registry::Parse().
//
// Thread rule: values.
#ifndef RAFT_TRANSPORT_URL_H_
#define RAFT_TRANSPORT_URL_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"

namespace raft_cluster {

struct Url {
  std::string scheme;   // "tcp"; lower case.
  std::string address;  // All after "://".
  std::string text;     // As it was written, for messages; "" if it never was.

  std::string ToString() const;  // "tcp://[::1]:10001"

  // However they were written.
  friend bool operator==(const Url& a, const Url& b) {
    return a.scheme == b.scheme && a.address == b.address;
  }
  friend bool operator!=(const Url& a, const Url& b) { return !(a == b); }
};

// Takes a scheme from its address, and looks no closer.
// INVALID_ARGUMENT: the scheme is not a letter, then letters, digits, '+', '-'
// or '.'; or the address is empty.
absl::StatusOr<Url> ParseUrl(absl::string_view text);

// A url as its carrier understands it.
struct ParsedUrl {
  Url url;  // In the carrier's canonical form.
  // Can be listened on but not connected to: a part of it is known only once it
  // is bound, such as tcp's port 0, or means many, such as tcp's host "*".
  bool wildcard = false;
};

// What a carrier makes of the urls of its scheme; from any thread, and without
// asking anybody. Two spellings of one address give equal urls, as far as the
// text alone can tell, and a canonical url gives itself. INVALID_ARGUMENT: such
// a url can never work; says which part of it is wrong, and what is allowed.
using UrlParser = std::function<absl::StatusOr<ParsedUrl>(const Url& url)>;

// Whether a text can be a public key as the carrier of a scheme has them
// (TransportKeys); from any thread. INVALID_ARGUMENT: it is none; says what one
// looks like.
using KeyChecker = std::function<absl::Status(absl::string_view key)>;

// INVALID_ARGUMENT, for parsers:
//   UrlError(url, "port", "100001", "is not in 1..65535")
//   // port 100001 of "127.0.0.1:100001" is not in 1..65535
// `value` may be empty. What cannot be printed is shown as "\x0a".
absl::Status UrlError(const Url& url, absl::string_view part,
                      absl::string_view value, absl::string_view what);

namespace internal {

// A lower-case letter, then such letters, digits, '+', '-' or '.'.
bool IsScheme(absl::string_view text);

}  // namespace internal
}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_URL_H_
