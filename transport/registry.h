// Which transport opens which url: an ordinary value, filled by hand.
//
//   raft_cluster::Registry registry = raft_cluster::BuiltinTransports();
//   absl::Status status = registry.Register("udp", UdpTransport::Open);
//   auto url = registry.Parse("127.0.0.1:10001");  // As its carrier reads it.
//   auto transport = registry.Open(spec);  // By spec.url.scheme.
//
// Thread rule: const methods from any thread; copies are independent, but an
// opener with state shares it among them (so the servers of one process meet
// in one loopback network when they are started with copies of one registry).
#ifndef RAFT_TRANSPORT_REGISTRY_H_
#define RAFT_TRANSPORT_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/transport/transport.h"
#include "raft/transport/url.h"

namespace raft_cluster {

class Registry {
 public:
  // ALREADY_EXISTS: the scheme is taken. INVALID_ARGUMENT: not a scheme (a
  // lower-case letter, then lower-case letters, digits, "+", "-" or "."), or
  // an empty opener. Without a parser any address is good, and stands for
  // itself. Without a key checker any text may be a key, until it is opened.
  absl::Status Register(absl::string_view scheme, Opener opener,
                        UrlParser parser = nullptr,
                        KeyChecker key_checker = nullptr);

  // The same in the place of another one; OK also where there is none.
  absl::Status Replace(absl::string_view scheme, Opener opener,
                       UrlParser parser = nullptr,
                       KeyChecker key_checker = nullptr);

  // The url, as its carrier understands it. INVALID_ARGUMENT: not a url
  // (ParseUrl), or one that the carrier refuses; nobody registered the scheme
  // (names those there are).
  absl::StatusOr<ParsedUrl> Parse(absl::string_view text) const;

  // INVALID_ARGUMENT: the carrier of this scheme says that this is no key. OK
  // where nobody registered the scheme.
  absl::Status CheckKey(absl::string_view scheme, absl::string_view key) const;

  // NOT_FOUND: nobody registered the scheme (names those there are).
  // Otherwise what the opener answers.
  absl::StatusOr<std::unique_ptr<Transport>> Open(
      const TransportSpec& spec) const;

  bool Knows(absl::string_view scheme) const;
  std::vector<std::string> schemes() const;  // In order.

 private:
  struct Carrier {
    Opener opener;
    UrlParser parser;
    KeyChecker key_checker;
  };
  std::map<std::string, Carrier, std::less<>> carriers_;
};

}  // namespace raft_cluster

#endif  // RAFT_TRANSPORT_REGISTRY_H_
