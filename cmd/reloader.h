// Has a running server read its configuration again: when it is asked to, and
// when the file says something else than it did. What came of it, or why
// nothing did, is one line on stderr; a file that is wrong, cut short or gone
// changes nothing.
//
//   Reloader reloader(server, source, [](bool busy) { ... });
//   Thread thread;
//   StartThread([&] { reloader.Run(); }, &thread);
//   reloader.Ask();    // Returns at once, as for a signal.
//   reloader.Reload(); // Returns when it is done.
//   reloader.Stop();
//
// Thread rule: one thread runs Run(); all else from any.
#ifndef RAFT_CMD_RELOADER_H_
#define RAFT_CMD_RELOADER_H_

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "raft/base/mutex.h"
#include "raft/cluster/server.h"
#include "raft/cmd/config_watch.h"
#include "raft/cmd/latch.h"

namespace raft_cluster::internal {

// Where the configuration of a server is, and what it said at the start.
struct ConfigSource {
  std::string path;
  std::string name;  // The path as the user would write it.
  Config config;
  // Tells when the file may have changed (--watch_config), from before it was
  // read for the start; null: it is not followed.
  ConfigWatch* watch = nullptr;
};

// What a program that is one server has to say about a configuration that the
// library takes. INVALID_ARGUMENT, without a file's name: it has several
// servers at loopback://, which meet in one process only.
absl::Status CheckServerConfig(const Config& config);

class Reloader {
 public:
  // `busy` is told true before each reload, and false after it, by the thread
  // that does it. All outlive the reloader.
  Reloader(Server& server, const ConfigSource& source,
           std::function<void(bool)> busy);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // False: the system has no descriptor left, and this is of no use.
  bool ok() const { return stop_.ok() && asked_ >= 0; }

  // Does what Ask() wants, and follows the file. Returns after Stop().
  void Run();
  void Stop() { stop_.Set(); }

  // Never waits. Several, while one is under way, are one.
  void Ask();

  // Reads the file, and puts it in force. Reloads follow one another.
  void Reload() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // What the file says, or why it says nothing.
  using Content = absl::StatusOr<std::string>;

  Content Read() const;
  void StartToFollow() ABSL_LOCKS_EXCLUDED(mu_);
  void Follow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Until who writes the file has come to an end; false once stopped.
  bool Settle();
  void LookAgain() ABSL_LOCKS_EXCLUDED(mu_);
  void PutInForce(Content content) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status TryTo(const Content& content, ReloadReport* report);

  Server& server_;
  const ConfigSource& source_;
  const std::function<void(bool)> busy_;
  Latch stop_;
  const int asked_;  // An eventfd.
  Mutex mu_;
  // What was last put in force, or tried; none until the file was read again.
  absl::optional<Content> last_ ABSL_GUARDED_BY(mu_);
  absl::Status followed_ ABSL_GUARDED_BY(mu_);
};

}  // namespace raft_cluster::internal

#endif  // RAFT_CMD_RELOADER_H_
