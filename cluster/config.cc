#include "raft/cluster/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/config/json.h"
#include "raft/cluster/config/strict_json.h"
#include "raft/transport/url.h"
#include "xxhash.h"

namespace raft_cluster {
namespace {

using internal::Places;

// Many times what ten thousand servers need.
constexpr size_t kMaxFileBytes = size_t{16} << 20;

constexpr absl::string_view kShape =
    "{\"object\": {\"total\": 1, \"Servers\": [{\"mypid\": 1, \"url\": "
    "\"127.0.0.1:10001\"}]}}";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, "cannot be read");
  const auto closer = absl::MakeCleanup([fd] { close(fd); });

  // open() takes a folder, and only read() fails, in words that help nobody.
  struct stat info;
  if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError("is a folder, not a file");
  }
  std::string content;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return absl::ErrnoToStatus(errno, "cannot be read");
    if (size == 0) return content;
    content.append(buffer, static_cast<size_t>(size));
    // Not asked before: a pipe or a device does not say how much will come.
    if (content.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "is no config: it has more than ", kMaxFileBytes, " bytes"));
    }
  }
}

absl::Status Named(absl::string_view name, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", status.message()));
}

std::string Entry(int index, const Config::Member& member) {
  return absl::StrCat("entry ", index + 1, " (mypid ", member.mypid(), ")");
}

// The entries checked so far, to find the one that a new one repeats.
class Entries {
 public:
  // Both outlive it.
  Entries(const Registry& transports, const Places& places)
      : transports_(transports), places_(places) {}

  absl::Status Add(int index, const Config::Member& member) {
    const std::string entry = Entry(index, member);
    if (member.mypid() <= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          entry, ", field \"mypid\": ", member.mypid(),
          member.mypid() == 0 ? " (or left out)" : "",
          " is not an integer in 1..2147483647", places_.Of(index, "mypid")));
    }
    const auto [same_pid, new_pid] = pids_.emplace(member.mypid(), index);
    if (!new_pid) {
      return absl::InvalidArgumentError(absl::StrCat(
          "entries ", same_pid->second + 1, " and ", index + 1,
          ", field \"mypid\": both are ", member.mypid(),
          "; each server has a pid of its own", places_.Of(index, "mypid")));
    }
    absl::Status status = AddUrl(index, member, entry);
    if (status.ok()) status = CheckListen(index, member, entry);
    if (status.ok()) status = AddKeys(index, member, entry);
    return status;
  }

  // Asked when all else is right: what is said of a key is of its transport.
  absl::Status CheckKeys(int index, const Config::Member& member) const {
    const absl::StatusOr<ParsedUrl> url = transports_.Parse(member.url());
    if (!url.ok()) return url.status();
    for (const std::string& key : member.keys()) {
      const absl::Status checked = transports_.CheckKey(url->url.scheme, key);
      if (checked.ok()) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          Entry(index, member), ", field \"keys\": ", checked.message(),
          places_.Of(index, "keys")));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddUrl(int index, const Config::Member& member,
                      const std::string& entry) {
    if (member.url().empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          entry, ", field \"url\": is empty or left out; write host:port",
          places_.Of(index, "url")));
    }
    const absl::StatusOr<ParsedUrl> url = transports_.Parse(member.url());
    if (!url.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry, ", field \"url\": ", url.status().message(),
                       places_.Of(index, "url")));
    }
    if (url->wildcard) {
      return absl::InvalidArgumentError(absl::StrCat(
          entry, ", field \"url\": with \"", member.url(),
          "\" no peer would know where to find this server; write the one "
          "address that its peers call, and a port in 1..65535 (\"listen\" "
          "may be another)",
          places_.Of(index, "url")));
    }
    // As parsed, so that two spellings of one address are found out.
    const auto [same, is_new] =
        urls_.emplace(url->url.ToString(), std::make_pair(index, member));
    if (!is_new) {
      const auto& [other_index, other] = same->second;
      return absl::InvalidArgumentError(absl::StrCat(
          Entry(other_index, other), " and ", entry, ", field \"url\": \"",
          other.url(), "\" and \"", member.url(),
          "\" are one address; each server has an address of its own",
          places_.Of(index, "url")));
    }
    return absl::OkStatus();
  }

  // Any number of servers may listen on "0.0.0.0:10001", each on a machine of
  // its own.
  absl::Status CheckListen(int index, const Config::Member& member,
                           const std::string& entry) const {
    if (member.listen().empty()) return absl::OkStatus();
    const absl::StatusOr<ParsedUrl> listen = transports_.Parse(member.listen());
    if (!listen.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry, ", field \"listen\": ", listen.status().message(),
                       places_.Of(index, "listen")));
    }
    const absl::StatusOr<ParsedUrl> url = transports_.Parse(member.url());
    if (url.ok() && url->url.scheme == listen->url.scheme) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        entry, ", field \"listen\": nobody who calls \"", member.url(),
        "\" gets to \"", member.listen(), "\"; both need the same scheme",
        places_.Of(index, "listen")));
  }

  // A key decides the pid, so it has one owner; whether it is a key only the
  // transport can tell.
  absl::Status AddKeys(int index, const Config::Member& member,
                       const std::string& entry) {
    if (index == 0) keys_wanted_ = member.keys_size() > 0;
    if ((member.keys_size() > 0) != keys_wanted_) {
      return absl::InvalidArgumentError(absl::StrCat(
          entry, ", field \"keys\": ",
          keys_wanted_ ? "there are none, but those before have some"
                       : "there are some, but those before have none",
          "; either all servers have keys, or none has",
          places_.Of(index, "keys")));
    }
    for (const std::string& key : member.keys()) {
      if (key.empty()) {
        return absl::InvalidArgumentError(absl::StrCat(
            entry, ", field \"keys\": one is empty; write what keygen prints",
            places_.Of(index, "keys")));
      }
      const auto [same, is_new] = keys_.emplace(key, entry);
      if (!is_new) {
        return absl::InvalidArgumentError(absl::StrCat(
            same->second, " and ", entry, ", field \"keys\": both list \"", key,
            "\"; each server has keys of its own", places_.Of(index, "keys")));
      }
    }
    return absl::OkStatus();
  }

  const Registry& transports_;
  const Places& places_;
  std::map<std::string, std::string> keys_;  // Whose.
  bool keys_wanted_ = false;                 // As the first entry has it.
  std::map<Pid, int> pids_;
  std::map<std::string, std::pair<int, Config::Member>> urls_;
};

absl::Status Check(const Config& config, const Registry& transports,
                   const Places& places) {
  if (!config.has_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("field \"object\" is missing; a config is ", kShape));
  }
  const Config::Cluster& cluster = config.object();
  const int count = cluster.servers_size();
  if (count == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("field \"Servers\": names no server; a config is ", kShape,
                     places.Of(Places::kNoEntry, "Servers")));
  }
  if (cluster.total() != count) {
    return absl::InvalidArgumentError(
        absl::StrCat("field \"total\": ", cluster.total(),
                     cluster.total() == 0 ? " (or left out)" : "",
                     " is not the number of entries in \"Servers\", ", count,
                     places.Of(Places::kNoEntry, "total")));
  }
  Entries entries(transports, places);
  for (int i = 0; i < count; ++i) {
    absl::Status status = entries.Add(i, cluster.servers(i));
    if (!status.ok()) return status;
  }
  for (int i = 0; i < count; ++i) {
    absl::Status status = entries.CheckKeys(i, cluster.servers(i));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path,
                                  const Registry& transports) {
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return Named(path, json.status());
  return ParseConfig(*json, path, transports);
}

absl::StatusOr<Config> ParseConfig(absl::string_view json,
                                   absl::string_view name,
                                   const Registry& transports) {
  json = internal::WithoutBom(json);
  if (absl::StripAsciiWhitespace(json).empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": is empty; a config is ", kShape));
  }
  Places places(json);
  absl::StatusOr<Config> config = internal::ConfigFromJson(json, places);
  if (!config.ok()) return Named(name, config.status());
  const absl::Status checked = Check(*config, transports, places);
  if (!checked.ok()) return Named(name, checked);
  return config;
}

absl::Status CheckConfig(const Config& config, const Registry& transports) {
  return Check(config, transports, Places(""));
}

uint64_t ConfigDigest(const Config& config, const Registry& transports) {
  // Sorted, since the order of servers and of keys has no meaning. "listen" is
  // left out: only its own server reads it, and it may differ from file to
  // file.
  std::map<Pid, std::string> urls;
  std::map<Pid, std::set<std::string>> keys;
  for (const Config::Member& member : config.object().servers()) {
    const absl::StatusOr<ParsedUrl> url = transports.Parse(member.url());
    urls[member.mypid()] = url.ok() ? url->url.ToString() : member.url();
    keys[member.mypid()].insert(member.keys().begin(), member.keys().end());
  }
  // Each text with its length, so that no two lists give the same bytes.
  const std::string& name = config.object().cluster();
  std::string text = absl::StrCat(name.size(), ":", name);
  for (const auto& [pid, url] : urls) {
    absl::StrAppend(&text, ",", pid, "=", url.size(), ":", url);
    for (const std::string& key : keys[pid]) {
      absl::StrAppend(&text, "+", key.size(), ":", key);
    }
  }
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace raft_cluster
