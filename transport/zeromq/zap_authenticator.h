// Asks whoever connects for a key, where there are keys (libzmq's ZAP): only
// those of the ring come in, and each frame of theirs says whose key it was,
// and which. libzmq lets everybody in while nobody stands at its door, so this
// has to be there before the address is bound, and until it is given back.
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_ZEROMQ_ZAP_AUTHENTICATOR_H_
#define RAFT_TRANSPORT_ZEROMQ_ZAP_AUTHENTICATOR_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "raft/transport/zeromq/connection.h"
#include "raft/transport/zeromq/keys.h"
#include "zmq.hpp"

namespace raft_cluster::internal {
namespace zeromq {

class ZapAuthenticator {
 public:
  // `events` reports `cookie` when somebody waits. Null: the system has no
  // descriptor left. `ring` outlives this.
  static std::unique_ptr<ZapAuthenticator> Post(Environment& environment,
                                                const KeyRing& ring,
                                                uint64_t cookie);
  ~ZapAuthenticator();

  // Answers all who wait, and tells the address of each who has no good key.
  void Answer(absl::FunctionRef<void(const std::string& address)> refused);

 private:
  ZapAuthenticator(Environment& environment, const KeyRing& ring)
      : environment_(environment), ring_(ring) {}

  // True: it was a question. Fills in who asks.
  bool Take(std::string* request_id, std::string* address, Pid* owner,
            std::string* key);
  // With each message libzmq says again who it is, and by which key.
  void Say(const std::string& request_id, Pid owner, const std::string& key);

  Environment& environment_;
  const KeyRing& ring_;
  zmq::socket_t socket_;
};

}  // namespace zeromq
}  // namespace raft_cluster::internal

#endif  // RAFT_TRANSPORT_ZEROMQ_ZAP_AUTHENTICATOR_H_
