#include "raft/cluster/members.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "raft/cluster/config/key_file.h"
#include "raft/transport/registry.h"

namespace raft_cluster::internal {
namespace {

// The one scheme whose servers have certificates.
constexpr absl::string_view kTls = "tls";

// The parsed url of each member; the config has been checked.
absl::StatusOr<std::vector<PeerSpec>> ParseUrls(const Config& config,
                                                const Registry& transports) {
  std::vector<PeerSpec> members;
  for (const Config::Member& member : config.object().servers()) {
    absl::StatusOr<ParsedUrl> parsed = transports.Parse(member.url());
    if (!parsed.ok()) return parsed.status();
    members.push_back({member.mypid(), std::move(parsed->url)});
  }
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return members;
}

// What the server `self` binds: its url, unless its entry says otherwise.
absl::StatusOr<Url> ListenUrl(const Config& config, const PeerSpec& self,
                              const Registry& transports) {
  for (const Config::Member& member : config.object().servers()) {
    if (member.mypid() != self.pid || member.listen().empty()) continue;
    absl::StatusOr<ParsedUrl> parsed = transports.Parse(member.listen());
    if (!parsed.ok()) return parsed.status();
    return std::move(parsed->url);
  }
  return self.url;
}

// By which a certificate says that it is `pid`'s. In the path of a url a name
// has no "/", "?" and the like as they are.
std::string CertificateName(const std::string& cluster, Pid pid) {
  constexpr absl::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string name = "raft://";
  for (const char character : cluster) {
    if (absl::StrContains(kUnreserved, character)) {
      name += character;
    } else {
      absl::StrAppendFormat(&name, "%%%02X",
                            static_cast<unsigned char>(character));
    }
  }
  absl::StrAppend(&name, "/", pid);
  return name;
}

// What a certificate by one of the CAs in Options::tls_ca has to say of each.
absl::Status AddNames(const Config& config, const Options& options,
                      const std::vector<PeerSpec>& members,
                      TransportKeys& keys) {
  absl::StatusOr<std::string> authorities = ReadCaFile(options.tls_ca);
  if (!authorities.ok()) return authorities.status();
  for (const PeerSpec& member : members) {
    if (member.url.scheme != kTls) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Options::tls_ca is set, but server ", member.pid, " is at ",
          member.url.ToString(), ": only ", kTls, ":// knows certificates"));
    }
    std::vector<std::string>& listed = keys.listed[member.pid];
    listed.push_back(CertificateName(config.object().cluster(), member.pid));
    listed.push_back(member.url.ToString());
  }
  keys.authorities = *std::move(authorities);
  return absl::OkStatus();
}

// The keys that the configuration lists, and the secret in this server's file.
absl::StatusOr<TransportKeys> MakeKeys(const Config& config,
                                       const Options& options,
                                       const std::vector<PeerSpec>& members) {
  TransportKeys keys;
  for (const Config::Member& member : config.object().servers()) {
    if (member.keys().empty()) continue;
    keys.listed[member.mypid()].assign(member.keys().begin(),
                                       member.keys().end());
  }
  if (!options.tls_ca.empty()) {
    absl::Status added = AddNames(config, options, members, keys);
    if (!added.ok()) return added;
    if (options.key_file.empty()) {
      return absl::InvalidArgumentError(
          "Options::tls_ca is set, but Options::key_file does not say where "
          "this server's own private key and certificate are");
    }
  }
  if (options.key_file.empty() != keys.listed.empty()) {
    return absl::InvalidArgumentError(
        keys.listed.empty()
            ? "Options::key_file is set, but no server of the configuration "
              "has \"keys\": nobody could be told from a stranger"
            : "the servers of the configuration have \"keys\", but "
              "Options::key_file does not say where this one's secret is");
  }
  if (keys.listed.empty()) return keys;
  const absl::StatusOr<Secret> secret = ReadKeyFile(options.key_file);
  if (!secret.ok()) return secret.status();
  keys.secret = *secret;
  return keys;
}

}  // namespace

absl::StatusOr<Members> ReadMembers(const Config& config, Pid pid,
                                    const Options& options) {
  absl::StatusOr<std::vector<PeerSpec>> parsed =
      ParseUrls(config, options.transports);
  if (!parsed.ok()) return parsed.status();
  const auto self =
      std::find_if(parsed->begin(), parsed->end(),
                   [&](const PeerSpec& member) { return member.pid == pid; });
  if (self == parsed->end()) {
    return absl::NotFoundError(absl::StrCat(
        "no server with mypid ", pid, " in the configuration; there are ",
        absl::StrJoin(*parsed, ", ", [](std::string* out, const auto& member) {
          absl::StrAppend(out, member.pid);
        })));
  }
  Members members;
  members.cluster = config.object().cluster();
  members.self = *self;
  absl::StatusOr<Url> listen = ListenUrl(config, *self, options.transports);
  if (!listen.ok()) return listen.status();
  members.listen = *std::move(listen);
  absl::StatusOr<TransportKeys> keys = MakeKeys(config, options, *parsed);
  if (!keys.ok()) return keys.status();
  members.keys = *std::move(keys);
  members.digest = ConfigDigest(config, options.transports);
  parsed->erase(self);
  members.peers = *std::move(parsed);
  return members;
}

absl::Status CheckReload(const Members& in_force, const Members& wanted) {
  const auto refuse = [](const auto&... what) {
    return absl::InvalidArgumentError(absl::StrCat(
        what..., "; for that, close this server and start it again"));
  };
  if (wanted.cluster != in_force.cluster) {
    return refuse("field \"cluster\": this server is of \"", in_force.cluster,
                  "\", not of \"", wanted.cluster, "\"");
  }
  const std::string self =
      absl::StrCat("the entry of this server (mypid ", wanted.self.pid, ")");
  if (wanted.self.url.ToString() != in_force.self.url.ToString()) {
    return refuse(self, ", field \"url\": it is found at ",
                  in_force.self.url.ToString(), ", not at ",
                  wanted.self.url.ToString());
  }
  if (wanted.listen.ToString() != in_force.listen.ToString()) {
    return refuse(self, ", field \"listen\": it listens on ",
                  in_force.listen.ToString(), ", not on ",
                  wanted.listen.ToString());
  }
  if (wanted.keys.listed.empty() != in_force.keys.listed.empty()) {
    return refuse("field \"keys\": the servers had ",
                  in_force.keys.listed.empty() ? "none" : "some", ", and have ",
                  wanted.keys.listed.empty() ? "none" : "some", " now");
  }
  for (const PeerSpec& peer : wanted.peers) {
    if (peer.url.scheme == wanted.self.url.scheme) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "server ", peer.pid, ", field \"url\": ", peer.url.ToString(),
        " is not of the scheme of this server, ", wanted.self.url.scheme,
        "://"));
  }
  return absl::OkStatus();
}

ReloadReport ReportOf(const MembershipChange& change, const Members& before,
                      const Members& after) {
  ReloadReport report;
  report.number = change.number;
  report.added = change.added;
  report.removed = change.removed;
  report.moved = change.moved;
  report.rekeyed = change.rekeyed;
  const auto own = [](const Members& members) {
    const auto listed = members.keys.listed.find(members.self.pid);
    return listed == members.keys.listed.end() ? std::vector<std::string>()
                                               : listed->second;
  };
  report.own_keys = before.keys.secret.text() != after.keys.secret.text() ||
                    own(before) != own(after);
  return report;
}

}  // namespace raft_cluster::internal
