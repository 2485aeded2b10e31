// One member of a cluster: sends envelopes to its peers and receives theirs,
// exactly once and in order, for as long as both live.
//
//   auto config = raft_cluster::LoadConfig("config.json");
//   if (!config.ok()) return Fail(config.status());
//   auto server = raft_cluster::Server::Start(*config, /*pid=*/2);
//   if (!server.ok()) return Fail(server.status());
//   auto sent = (*server)->outbox().Send(raft_cluster::kBroadcast,
//                                        "hello there", absl::Seconds(1));
//   if (!sent.ok()) return Fail(sent.status());
//   auto got = (*server)->inbox().Receive(absl::Seconds(5));
//   if (got.ok()) std::cout << got->from() << ": " << got->msg() << std::endl;
//
// Peers may start in any order: what is sent to one that is not there yet
// waits for it. Every accepted envelope ends in one outcome, and stats() has
// the account. docs/protocol.md says how it is kept.
//
// Thread rule: every method from any thread, at the same time. Close() and
// Interrupt() unblock every waiting call. No call may be inside when a Server
// is destroyed. User code never runs on a thread of the library.
// cluster/handler.h calls back what receives, on a thread of the caller's.
//
// In a forked process every call answers FAILED_PRECONDITION (and stats()
// nothing), and what it does there does no harm to the parent. It still
// holds the server's descriptors: let it exec() or end before the parent's
// address is bound again.
//
// Errors are values: nothing here throws or aborts for what a network, a file
// or a peer did.
#ifndef RAFT_CLUSTER_SERVER_H_
#define RAFT_CLUSTER_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "raft/cluster/batch.h"
#include "raft/cluster/config.h"
#include "raft/cluster/options.h"
#include "raft/cluster/receipt.h"
#include "raft/cluster/received.h"
#include "raft/cluster/reload_report.h"
#include "raft/cluster/send_when.h"
#include "raft/proto/event.pb.h"
#include "raft/proto/recording.pb.h"
#include "raft/proto/stats.pb.h"

namespace raft_cluster {

class Context;

namespace internal {
class Pump;
class ServerAccess;
struct InForce;
}  // namespace internal

// The way out. Lives as long as its Server.
class Outbox {
 public:
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Never waits. OK: accepted, hence taken by the peer or counted as lost.
  // Otherwise it is queued for nobody:
  // NOT_FOUND: no such pid. INVALID_ARGUMENT: to oneself, or larger than
  // this server's or the peer's limit. RESOURCE_EXHAUSTED: a queue is full
  // (says whose); Event::ROOM comes, once, when there is room again: for what
  // was refused, with half of the budget free. FAILED_PRECONDITION: closed, or
  // superseded by a newer life of this pid. UNAVAILABLE: SendWhen::kLive, and
  // the peer is not (says why); of a broadcast: none is. One that is for live
  // peers only skips all others.
  absl::StatusOr<Receipt> TrySend(Pid to, absl::string_view msg,
                                  uint64_t id = 0,
                                  SendWhen when = SendWhen::kAlways);

  // The same, but waits up to `timeout` for room: a broadcast for room with
  // all live peers. Nor does it run ahead of a live peer: it waits, too, from
  // when more than some 1 to 4 MiB are queued for it (four times what was taken
  // in a round trip lately, and four envelopes where they are large; one of any
  // size is accepted then) until half of that was taken. To a peer that is not
  // live, or is not any more, it goes up to Options::link_budget_bytes, as
  // TrySend() does in any case. DEADLINE_EXCEEDED: there was no room, or the
  // peer took too little meanwhile (says whose queue it was). CANCELLED:
  // Server::Interrupt() was called.
  absl::StatusOr<Receipt> Send(Pid to, absl::string_view msg,
                               absl::Duration timeout, uint64_t id = 0);
  // For large envelopes: `msg` is referenced where its memory allows, not
  // copied once per peer.
  absl::StatusOr<Receipt> Send(Pid to, const absl::Cord& msg,
                               absl::Duration timeout, uint64_t id = 0);

  // Sends these in their order, as so many calls of Send() would, but with one
  // lock for up to 64 of them (a msg above 64 KiB is the last of its lock).
  // `timeout` is for all together; at zero none waits, as with TrySend(). Ends
  // with the first that is not accepted, and says which that is, and why:
  // cluster/batch.h.
  SentMany SendMany(absl::Span<const ToSend> envelopes, absl::Duration timeout);

  // Voids what was accepted for a peer, or for all (kBroadcast), and waits to
  // be sent: what is on its way, or has begun to go, is left alone. So is what
  // was never known to be taken by a former life of the peer, once it is on its
  // way to the new one. Returns how many envelopes; they are counted as voided,
  // with one event ENVELOPES_VOIDED per peer. 0 where there is no such peer.
  size_t Discard(Pid to);

  // Accepts nothing more. What is queued still goes out; the inbox goes on.
  void Close();

 private:
  friend class Server;
  explicit Outbox(internal::Pump* pump) : pump_(pump) {}
  internal::Pump* const pump_;
};

// The way in. Lives as long as its Server.
class Inbox {
 public:
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // The next envelope; it counts as taken when this returns it.
  // DEADLINE_EXCEEDED: none came within `timeout`. FAILED_PRECONDITION: closed
  // (says why), and nothing is left in it. CANCELLED: Server::Interrupt() was
  // called, whatever is left in it.
  absl::StatusOr<Received> Receive(absl::Duration timeout);

  // Appends up to `limit` envelopes to `out` and returns how many; waits only
  // for the first. Errors as above. INVALID_ARGUMENT: `limit` is 0.
  absl::StatusOr<size_t> ReceiveBatch(absl::Duration timeout, size_t limit,
                                      std::vector<Received>& out);

  // The same, but what `batch` has is given back first, also where this fails,
  // and the envelopes are given back together, frame by frame. The cheapest way
  // to take many.
  absl::StatusOr<size_t> ReceiveBatch(absl::Duration timeout, size_t limit,
                                      Batch& batch);

  // The same, but they never wait. UNAVAILABLE: nothing is there yet. Otherwise
  // as above, with no DEADLINE_EXCEEDED.
  absl::StatusOr<Received> TryReceive();
  absl::StatusOr<size_t> TryReceiveBatch(size_t limit,
                                         std::vector<Received>& out);
  absl::StatusOr<size_t> TryReceiveBatch(size_t limit, Batch& batch);

 private:
  friend class Server;
  explicit Inbox(internal::Pump* pump) : pump_(pump) {}
  internal::Pump* const pump_;
};

class Server {
 public:
  // Binds the url of `pid` (or its `listen`, where it has one), begins to
  // connect to the peers and returns. INVALID_ARGUMENT: config or options (says
  // which entry or field), the key file among them. NOT_FOUND: the config has
  // no server `pid`. UNAVAILABLE: the address is in use or cannot be bound.
  // RESOURCE_EXHAUSTED: the system's limits leave too few descriptors (ulimit
  // -n; those for all peers are reckoned) or threads (says how many are wanted,
  // and how many there are). What runs out later is the reason of a peer's
  // state.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const Config& config, Pid pid, const Options& options = {});
  ~Server();  // Close(0), if it was not closed.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Pid pid() const { return pid_; }
  const std::string& url() const { return url_; }  // As bound.
  // By pid, as the configuration has them now.
  std::vector<Pid> peers() const;

  Outbox& outbox() { return outbox_; }
  Inbox& inbox() { return inbox_; }

  // Waits until `count` peers are live (UP or SLOW). For tests and first
  // programs; sending needs no such wait. DEADLINE_EXCEEDED: says who is
  // missing. INVALID_ARGUMENT: there are not so many peers.
  // FAILED_PRECONDITION: closed. CANCELLED: interrupted.
  absl::Status WaitForPeers(int count, absl::Duration timeout);

  // What happened besides envelopes. The last 1,024 are kept, those of one kind
  // about one peer folded together while they wait; older ones are counted.
  // DEADLINE_EXCEEDED: nothing did. FAILED_PRECONDITION: closed, and all told.
  // CANCELLED: interrupted.
  absl::StatusOr<Event> NextEvent(absl::Duration timeout);
  // The same, but it never waits. UNAVAILABLE: nothing has happened.
  absl::StatusOr<Event> TryNextEvent();

  // For a loop of your own (epoll, asio, libuv ...): a descriptor that is
  // readable, level-triggered, exactly while an envelope or an event waits. To
  // be polled; never to be read from, written to or closed.
  //
  //   absl::StatusOr<int> fd = server->fd();
  //   if (!fd.ok()) return Fail(fd.status());
  //   pollfd polled = {*fd, POLLIN, 0};
  //   while (poll(&polled, 1, /*timeout=*/-1) >= 0) {
  //     auto got = server->inbox().TryReceive();
  //     auto event = server->TryNextEvent();
  //     if (absl::IsFailedPrecondition(got.status())) break;  // Closed.
  //     // ...
  //   }
  //
  // An end is news, too: where the inbox is closed (Close(), a newer life of
  // this pid, Options::idle_timeout), and after Interrupt(), it is readable for
  // good, and the calls above say why; take it out of the loop then. Made by
  // the first call: before, it costs nothing. It ends with the Server.
  // RESOURCE_EXHAUSTED: no descriptor is left; may be asked for again.
  absl::StatusOr<int> fd();

  // Has `function` called on the turn of the handler that Run() or a Driver
  // calls for this server (cluster/handler.h, cluster/driver.h): between two
  // calls of the handler, on their thread, with its Context. So a client's
  // request gets to it without a wait for a timer. In the order in which they
  // are posted; envelopes and events come in turns with them. Also from the
  // handler itself: then after the present call.
  // OK: it is called, unless before that the handler stops or the server is
  // closed, superseded or interrupted. What waits then, and where there never
  // was a handler, is destroyed uncalled, by Close().
  // FAILED_PRECONDITION: the inbox is closed (says why). CANCELLED:
  // interrupted. RESOURCE_EXHAUSTED: 65,536 wait already.
  absl::Status Post(std::function<void(Context&)> function);

  // Puts `config` in force: all of it or, where this fails, nothing. Servers
  // may come, go, and move, and keys may change; all that is about the others
  // goes on. Any thread; calls follow one another. `report` (may be null): what
  // it did. docs/membership.md has what a change means for envelopes.
  // INVALID_ARGUMENT: as for Start(), the key file among it; or `config` has no
  // server of this pid, or another url (or `listen`) for it, or another cluster
  // name, or keys where there were none, or none where there were: for these,
  // start anew. FAILED_PRECONDITION: closing, closed, or superseded by a newer
  // life of this pid. UNAVAILABLE: this server has another secret, for which
  // its address is bound anew, and that cannot be done just now.
  absl::Status Reload(const Config& config, ReloadReport* report = nullptr);

  // The ledger and the state of each peer, and the totals. Any time, also
  // after Close(). Keep it while you walk through it: what is part of an
  // unnamed one is gone before the loop in `for (auto& p : stats().peers())`
  // begins.
  //
  //   const raft_cluster::Stats stats = server->stats();
  //   for (const raft_cluster::PeerStats& peer : stats.peers()) {
  //     std::cout << peer.pid() << ": " << peer.state() << std::endl;
  //   }
  Stats stats() const;

  // The last 4,096 things that happened, whether or not they were fetched with
  // NextEvent(). Any time, also after Close(). It is copied; a megabyte at most
  // unless peers have long urls.
  Recording recording() const;

  // Stops the inbox and the outbox, sends what is queued to all peers that are
  // not gone, and tells them that it leaves. Gone: it has left, or was not
  // heard for Options::failure_timeout (since this server's start, if it never
  // was: so one that starts, sends and closes delivers).
  // OK: all that was still queued has been taken. DEADLINE_EXCEEDED: not all
  // within `timeout`. UNAVAILABLE: not all, and only peers that are gone were
  // left. Both say how many for whom; those count as abandoned. Returns by
  // `timeout` + 50 ms. Events can be fetched meanwhile. A second call answers
  // as the first does, and shortens it where its own timeout ends earlier.
  // CANCELLED: Interrupt() was called meanwhile, and not everything has an
  // outcome.
  absl::Status Close(absl::Duration timeout);

  // Gets the threads out that are in this server, and ends nothing else: Run(),
  // and each call that waits or may wait (Receive(), ReceiveBatch(), Send()
  // with a timeout, WaitForPeers(), NextEvent()), returns CANCELLED as soon as
  // it can, and so does each that comes later, also those that never wait
  // (TryReceive(), TryReceiveBatch(), TryNextEvent()). A Close() under way ends
  // as if its time were up; a later one drains as ever. Nothing is said to
  // peers, and nothing that was accepted is given up: the server goes on in the
  // background until Close(). Returns at once, and cannot be undone. Handlers
  // may call it, signal handlers may not.
  void Interrupt();

 private:
  friend class internal::ServerAccess;
  explicit Server(std::unique_ptr<internal::Pump> pump);

  Pid pid_ = 0;
  std::string url_;
  std::unique_ptr<internal::InForce> in_force_;
  std::unique_ptr<internal::Pump> pump_;
  Outbox outbox_;
  Inbox inbox_;
};

}  // namespace raft_cluster

#endif  // RAFT_CLUSTER_SERVER_H_
