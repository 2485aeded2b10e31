// The project's own.
#ifndef CLUSTER_SERVER_H_
#define CLUSTER_SERVER_H_

#include <string>

#include "absl/status/statusor.h"
#include "transport/url.h"

namespace colliding {

class Server {
 public:
  // Sends `text` from one server of a cluster in memory to another, and
  // returns what arrived.
  absl::StatusOr<std::string> Echo(const std::string& text);

  Url url() const { return Url{"https://example.org"}; }
};

}  // namespace colliding

#endif  // CLUSTER_SERVER_H_
