// The cluster's configuration: read, checked, and refused with words that say
// where to look.
//
//   absl::StatusOr<raft_cluster::Config> config =
//       raft_cluster::LoadConfig("config.json");
//   if (!config.ok()) std::cerr << config.status().message() << "\n";
//   // config.json: entry 1 (mypid 1), field "url": port 100001 of
//   // "127.0.0.1:100001" is not in 1..65535 (line 2, column 22)
//
// A Config can as well be filled in by a program; Server::Start checks it in
// the same way.
//
// Thread rule: any thread.
#ifndef RAFT_CLUSTER_CONFIG_H_
#define RAFT_CLUSTER_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "raft/base/pid.h"
#include "raft/proto/config.pb.h"
#include "raft/transport/registry.h"

namespace raft_cluster {

// Of raft/transport/builtin/builtin.h, and linked by //cluster. Programs that
// depend on //cluster:core, which has no transports, name their own instead.
Registry BuiltinTransports();

// Reads and checks a file of the shape shown in proto/config.proto.
// NOT_FOUND, PERMISSION_DENIED: the file cannot be read. INVALID_ARGUMENT:
// what it says is wrong: not JSON (RFC 8259 to the letter, but for a byte order
// mark before it), an unknown field, a field that stands twice, a value of
// another type (null is of none), `total` unlike the number of servers, an
// empty list, a pid that is not positive, two entries with one pid or one url,
// a url that can never work (`transports.Parse()` refuses it, or it has a
// wildcard), a `listen` that is refused by them or whose scheme is not that of
// the url, a key that is listed twice, servers with keys beside servers
// without, a key that is none for the scheme of its server's url.
//
// `transports`: those that the servers are started with (Options::transports).
absl::StatusOr<Config> LoadConfig(
    const std::string& path, const Registry& transports = BuiltinTransports());

// The same for text that is at hand. `name` stands for the file in messages.
absl::StatusOr<Config> ParseConfig(
    absl::string_view json, absl::string_view name,
    const Registry& transports = BuiltinTransports());

// The checks alone. INVALID_ARGUMENT, without a file's name.
absl::Status CheckConfig(const Config& config,
                         const Registry& transports = BuiltinTransports());

// The same for the same members (in any order) with the same keys (in any
// order), and cluster name; where each listens is its own affair. It travels in
// the handshake, so that a difference between two servers is reported.
uint64_t ConfigDigest(const Config& config,
                      const Registry& transports = BuiltinTransports());

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_CONFIG_H_
