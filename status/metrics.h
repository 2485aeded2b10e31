// The figures of a Server for Prometheus, for a program that has a port for its
// own metrics already. (status/status_server.h opens one.)
//
//   auto metrics = std::make_shared<raft_cluster::ServerMetrics>(*server);
//
// and exposer.RegisterCollectable(metrics), where prometheus-cpp's Exposer has
// that port. It keeps a weak_ptr: let go of the collectable before its server.
//
// All names begin with raft_cluster_, all units are base units, and each metric
// has the label `server` (this one's pid), so that one program may register
// several; those of a peer have `peer` besides. They are made of
// Server::stats() at each scrape: between scrapes they cost nothing.
#ifndef RAFT_STATUS_METRICS_H_
#define RAFT_STATUS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <vector>

#include "raft/cluster/server.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster {

// Thread rule: any thread.
class ServerMetrics : public prometheus::Collectable {
 public:
  // `server` outlives this.
  explicit ServerMetrics(const Server& server) : server_(server) {}

  // Never fails: a server that is closed gives its last figures.
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Server& server_;
};

// The same of an account that was taken before: a value of a value.
std::vector<prometheus::MetricFamily> MetricsOf(const Stats& stats);

}  // namespace raft_cluster

#endif  // RAFT_STATUS_METRICS_H_
