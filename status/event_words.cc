#include "raft/status/event_words.h"

#include "absl/strings/str_cat.h"

namespace raft_cluster::internal {
namespace {

std::string Envelopes(const Event& event) {
  return absl::StrCat(event.count(),
                      event.count() == 1 ? " envelope" : " envelopes");
}

// ": detail", where there is one.
std::string Detail(const Event& event) {
  return event.detail().empty() ? "" : absl::StrCat(": ", event.detail());
}

std::string From(const Event& event) {
  return absl::StrCat(
      event.peer() == 0 ? "" : absl::StrCat(", server ", event.peer()),
      event.address().empty() ? "" : absl::StrCat(", from ", event.address()));
}

// What a refusal means, and what to do about it.
std::string Explain(const Event& event) {
  switch (event.refusal()) {
    case Refusal::MALFORMED:
      return "not one of our frames; something else speaks to this port";
    case Refusal::CHECKSUM:
      return "damaged on its way";
    case Refusal::OTHER_CLUSTER:
      return "of a cluster by another name (\"cluster\" in the config)";
    case Refusal::UNKNOWN_PID:
      return "its pid is not in this server's config";
    case Refusal::MISROUTED:
      return "meant for another pid: its config has a wrong url for one";
    case Refusal::WRONG_KEY:
      return "its key belongs to another pid";
    case Refusal::OTHER_VERSION:
      return "it speaks no version of the protocol that this server does";
    case Refusal::STALE:
      return "an older process of that pid is still running; stop it";
    case Refusal::BEYOND_WINDOW:
    case Refusal::NEVER_SENT:
      return "it does not keep to the protocol";
    case Refusal::TOO_LARGE:
      return "larger than this server allows";
    case Refusal::HANDSHAKE:
      return event.detail().empty()
                 ? "no handshake: it speaks something else, or was ended in it"
                 : "no handshake";
    case Refusal::OTHER_ADDRESS:
      return "it has another url than the config says: perhaps of another "
             "cluster";
    case Refusal::FUTURE_LIFE:
      return "its start lies ahead of this server's clock by more than a day";
    case Refusal::BAD_CERTIFICATE:
      return "its certificate is not good here";
    case Refusal::UNKNOWN_KEY:
      return "its key is not in this server's config";
    default:
      return "";
  }
}

std::string Words(const Event& event) {
  const std::string server = absl::StrCat("server ", event.peer());
  switch (event.kind()) {
    case Event::PEER_UP:
      return absl::StrCat(server, " is up");
    case Event::PEER_SLOW:
      return absl::StrCat(server, " is slow: it does not take what it is sent");
    case Event::PEER_SILENT:
      return absl::StrCat(
          server, " is silent: nothing was heard for the failure timeout");
    case Event::PEER_DOWN:
      return absl::StrCat(server, " is down", Detail(event));
    case Event::PEER_RESTARTED:
      return absl::StrCat(server, " has restarted: ", Envelopes(event),
                          " not known to have been taken",
                          event.count() == 0
                              ? ""
                              : absl::StrCat(", ", event.detail(), ", from id ",
                                             event.first_id(), " on"));
    case Event::PEER_LEFT:
      return absl::StrCat(server, " has left");
    case Event::PEER_RECONNECTED:
      return absl::StrCat("the connection to ", server,
                          " carried nothing and is made anew");
    case Event::ENVELOPES_SKIPPED:
      return absl::StrCat("skipped ", Envelopes(event), " for ", server,
                          ": it is not up, and its queue is full");
    case Event::FRAME_REFUSED:
      return absl::StrCat("refused ", event.count(), " x ",
                          Refusal::Reason_Name(event.refusal()), From(event),
                          " (", Explain(event), ")", Detail(event));
    case Event::CONFIG_DIFFERS:
      return absl::StrCat(server, " runs with another configuration");
    case Event::SUPERSEDED:
      return "superseded: a newer process of this pid speaks to the peers";
    case Event::ENVELOPES_VOIDED:
      return absl::StrCat("voided ", Envelopes(event), " for ", server,
                          Detail(event));
    case Event::IN_THE_CLEAR:
      return absl::StrCat("WARNING: ", event.detail());
    case Event::PEER_UNREACHABLE:
      return absl::StrCat(server, " cannot be reached at ", event.address(),
                          Detail(event));
    case Event::PEER_ADDED:
      return absl::StrCat(server, " is in the configuration now, at ",
                          event.address());
    case Event::PEER_REMOVED:
      return absl::StrCat(
          server, " is not in the configuration any more: ", Envelopes(event),
          " voided, ", event.dropped(), " dropped from the inbox");
    case Event::PEER_MOVED:
      return absl::StrCat(
          server, " is at ", event.address(), " now",
          event.count() == 0
              ? ""
              : absl::StrCat(": ", Envelopes(event),
                             " not known to have been taken, ", event.detail()),
          event.dropped() == 0
              ? ""
              : absl::StrCat("; dropped ", event.dropped(), " from the inbox"));
    case Event::ROOM:
      return absl::StrCat("there is room again to send to ",
                          event.peer() == 0 ? "all" : server);
    default:
      return "";
  }
}

}  // namespace

std::string ShowEvent(const Event& event) {
  std::string words = Words(event);
  // Of envelopes and frames the count says it already.
  if (event.folded() > 1 && event.count() == 0) {
    absl::StrAppend(&words, " (", event.folded(), " times)");
  }
  if (event.missed() > 0) {
    absl::StrAppend(&words, " (", event.missed(), " events before it missed)");
  }
  return words;
}

std::string ShowState(const RecordedState& change) {
  return absl::StrCat(
      "server ", change.peer(), ": ", PeerStats::State_Name(change.state()),
      change.reason().empty() ? "" : absl::StrCat(" (", change.reason(), ")"));
}

}  // namespace raft_cluster::internal
