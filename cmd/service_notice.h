// Tells the service manager that started this program (systemd, Type=notify)
// how it is doing: ready, well, at a reload, about to end.
//
//   ServiceNotice notice([&server] { return ReportOf(server.stats()); });
//   const absl::Status started = notice.Start();
//   ...
//   notice.Reloading(true);
//   notice.Reloading(false);   // It has.
//   notice.Stopping();
//
// Where the manager has set a watchdog, it is told twice in its time that the
// program is well, for as long as the report says so: a program that hangs is
// ended and started again. Where no manager asked to be told ($NOTIFY_SOCKET),
// or the build is without libsystemd (--define=systemd=false), nothing happens.
//
// Thread rule: Stopping() and Reloading() from any thread. The report is asked
// for on a thread of the notice's own.
#ifndef RAFT_CMD_SERVICE_NOTICE_H_
#define RAFT_CMD_SERVICE_NOTICE_H_

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "raft/base/mutex.h"
#include "raft/base/thread.h"
#include "raft/cmd/latch.h"

namespace raft_cluster::internal {

class ServiceNotice {
 public:
  struct Report {
    bool healthy = true;
    std::string status;  // A line for `systemctl status`.
  };

  // `report` is called from Start() on until the destructor has returned.
  explicit ServiceNotice(std::function<Report()> report);
  // Says that the program is ready. At most once. RESOURCE_EXHAUSTED: there is
  // no thread or descriptor to go on with, and nothing was said. A manager that
  // waits for word of the program would end it: better that it ends by itself,
  // and says why.
  absl::Status Start();

  // Says no more.
  ~ServiceNotice();
  ServiceNotice(const ServiceNotice&) = delete;
  ServiceNotice& operator=(const ServiceNotice&) = delete;

  // Says that the program reads its configuration again, or that it has: what
  // `systemctl reload` waits for. After Stopping() nothing.
  void Reloading(bool busy);

  // Says that the program is about to end. The watchdog is fed meanwhile, well
  // or not: what closes in time is no reason to be killed.
  void Stopping();

 private:
  void Run(absl::Duration interval);

  const std::function<Report()> report_;
  Latch stopping_;
  // So that what is said last is that it stops.
  Mutex mu_;
  bool said_stopping_ ABSL_GUARDED_BY(mu_) = false;
  Latch end_;
  Thread thread_;
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_SERVICE_NOTICE_H_
