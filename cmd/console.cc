#include "raft/cmd/console.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

Input ParseCommand(absl::string_view line) {
  const absl::string_view command = absl::StripTrailingAsciiWhitespace(line);
  Input input;
  if (command == "/peers") {
    input.kind = Input::kPeers;
  } else if (command == "/stats") {
    input.kind = Input::kStats;
  } else if (command == "/reload") {
    input.kind = Input::kReload;
  } else if (command == "/help") {
    input.kind = Input::kHelp;
  } else if (command == "/stats --raw") {
    input.kind = Input::kRawStats;
  } else if (command == "/quit") {
    input.kind = Input::kQuit;
  } else {
    input.kind = Input::kNoCommand;
    input.text = std::string(command);
  }
  return input;
}

// U+0080 to U+009F, which terminals obey like their shorter kin: in UTF-8,
// 0xC2 and the code itself.
bool IsWideControl(absl::string_view text, size_t i) {
  return text[i] == '\xc2' && i + 1 < text.size() &&
         static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
         static_cast<unsigned char>(text[i + 1]) < 0xa0;
}

bool IsControl(char c) { return absl::ascii_iscntrl(c) && c != '\t'; }

void AppendEscaped(char c, std::string& out) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else {
    absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
  }
}

std::string StateName(const PeerStats& peer) {
  std::string name = PeerStats::State_Name(peer.state());
  if (peer.reason().empty()) return name;
  return absl::StrCat(name, " (", peer.reason(), ")");
}

}  // namespace

Input ParseInput(absl::string_view line) {
  if (absl::StripAsciiWhitespace(line).empty()) return {};
  if (line.front() == '/') return ParseCommand(line);

  Input input;
  input.kind = Input::kSend;
  const size_t digits =
      std::find_if_not(line.begin(), line.end(), absl::ascii_isdigit) -
      line.begin();
  absl::string_view text = line.substr(digits);
  const bool addressed = digits > 0 && absl::ConsumePrefix(&text, ":") &&
                         (text.empty() || absl::ConsumePrefix(&text, " "));
  if (!addressed) {
    input.text = std::string(line);
    return input;
  }
  const absl::string_view pid = line.substr(0, digits);
  if (!absl::SimpleAtoi(pid, &input.to) || input.to <= 0) {
    input.kind = Input::kNoSuchPid;
    input.text = std::string(pid);
    return input;
  }
  input.text = std::string(text);
  return input;
}

std::vector<std::pair<std::string, std::string>> TypingHelp() {
  return {
      {"text", "sends the line to every other server"},
      {"3: text", "sends it to server 3 alone"},
      {"/peers", "who is up, who is not and why, what waits for each"},
      {"/stats", "the account of this server, a line for each peer"},
      {"/stats --raw", "the whole of it, as SIGUSR1 asks for it"},
      {"/reload", "reads the config again, as SIGHUP has it read"},
      {"/help", "this"},
      {"/quit", "ends the server, as the end of a terminal's input does"},
  };
}

std::string ShowEnvelope(Pid from, Pid to, absl::string_view msg) {
  std::string out = absl::StrCat(from, " -> ", to, ": ");
  out.reserve(out.size() + msg.size());
  for (size_t i = 0; i < msg.size(); ++i) {
    if (IsControl(msg[i])) {
      AppendEscaped(msg[i], out);
    } else if (IsWideControl(msg, i)) {
      AppendEscaped(msg[i], out);
      AppendEscaped(msg[++i], out);
    } else {
      out += msg[i];
    }
  }
  return out;
}

std::string ShowPeers(const Stats& stats) {
  size_t width = sizeof("state") - 1;
  for (const PeerStats& peer : stats.peers()) {
    width = std::max(width, StateName(peer).size());
  }
  std::string out =
      absl::StrFormat("%5s  %-*s  %9s  %s\n", "peer", static_cast<int>(width),
                      "state", "queued", "url");
  for (const PeerStats& peer : stats.peers()) {
    absl::StrAppendFormat(&out, "%5d  %-*s  %9s  %s\n", peer.pid(),
                          static_cast<int>(width), StateName(peer),
                          ShowBytes(peer.queued_bytes()), peer.url());
  }
  return out;
}

std::string ShowBytes(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  double amount = static_cast<double>(bytes) / 1024;
  const char* unit = "KiB";
  for (const char* larger : {"MiB", "GiB", "TiB"}) {
    if (amount < 1024) break;
    amount /= 1024;
    unit = larger;
  }
  return absl::StrFormat("%.1f %s", amount, unit);
}

}  // namespace raft_cluster::internal
