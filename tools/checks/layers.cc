#include "raft/tools/checks/layers.h"

#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

// A pattern names a folder and all below it ("cluster/") or, as in a shell, the
// files of one folder without those below it ("transport/*.h").
struct Layer {
  std::string place;  // A pattern. The longest that fits a file counts.
  std::vector<std::string> may_include;
};

const std::vector<Layer>& Layers() {
  static const auto* const layers = new std::vector<Layer>{
      {"base/", {"base/", "absl/"}},
      {"proto/", {"proto/*", "google/protobuf/"}},
      {"proto/wire/", {"proto/", "google/protobuf/"}},
      {"transport/*", {"transport/*.h", "base/", "absl/"}},
      {"transport/net/", {"transport/*.h", "transport/net/", "base/", "absl/"}},
      {"transport/loopback/",
       {"transport/*.h", "transport/net/", "transport/loopback/", "base/",
        "absl/"}},
      {"transport/zeromq/",
       {"transport/*.h", "transport/net/", "transport/zeromq/", "base/",
        "absl/", "zmq.h", "zmq.hpp"}},
      {"transport/stream/",
       {"transport/*.h", "transport/net/", "transport/stream/", "base/",
        "absl/"}},
      // Frames over a stream are the business of transport/stream.
      {"transport/shm/",
       {"transport/*.h", "transport/net/", "transport/stream/*.h",
        "transport/shm/", "base/", "absl/"}},
      {"transport/stream/tls/",
       {"transport/*.h", "transport/net/", "transport/stream/*.h",
        "transport/stream/tls/", "base/", "absl/", "openssl/"}},
      // The one place that knows every carrier.
      {"transport/builtin/",
       {"transport/*.h", "transport/loopback/", "transport/shm/",
        "transport/stream/", "transport/zeromq/", "transport/builtin/", "base/",
        "absl/"}},
      {"cluster/*",
       {"cluster/*.h", "cluster/engine/", "cluster/config/", "transport/*.h",
        "proto/*", "base/", "absl/", "google/protobuf/", "xxhash.h"}},
      // The one difference between //cluster and //cluster:core.
      {"cluster/options.cc", {"cluster/options.h", "transport/builtin/"}},
      {"cluster/config/",
       {"cluster/config/", "transport/*.h", "proto/*", "base/", "absl/",
        "google/protobuf/", "nlohmann/", "xxhash.h"}},
      {"cluster/engine/",
       {"cluster/engine/", "cluster/link/", "transport/*.h", "proto/*", "base/",
        "absl/"}},
      {"cluster/link/",
       {"cluster/link/", "transport/*.h", "proto/", "base/", "absl/",
        "google/protobuf/", "xxhash.h"}},
      // What an owner sees: made of the face alone, and nothing below knows it.
      {"status/",
       {"status/", "cluster/*.h", "proto/*", "base/", "absl/",
        "google/protobuf/", "prometheus/", "civetweb.h"}},
      {"cmd/",
       {"cmd/", "status/", "cluster/", "transport/", "proto/*", "base/",
        "absl/", "google/protobuf/"}},
      {"cmd/top/",
       {"cmd/", "status/", "cluster/*.h", "proto/*", "base/", "absl/",
        "google/protobuf/", "curl/"}},
      {"cmd/service_notice.cc",
       {"cmd/", "base/", "absl/", "systemd/sd-daemon.h"}},
      // What raft is measured against.
      {"cmd/bench/zmq_*", {"cmd/", "absl/", "zmq.h", "zmq.hpp"}},
      {"testing/",
       {"testing/", "status/", "cluster/", "transport/", "proto/", "base/",
        "absl/", "google/protobuf/", "prometheus/", "gtest/", "gmock/",
        "benchmark/", "openssl/", "zmq.h", "zmq.hpp", "xxhash.h"}},
      // A program, and to look like the others.
      {"testing/simulation/simulate.cc",
       {"testing/", "cmd/", "base/", "absl/"}},
      // Beside the layers: what checks them, and what a user would write.
      {"tools/", {"tools/", "absl/"}},
      {"examples/",
       {"examples/", "cluster/*.h", "status/*.h", "transport/*.h", "proto/*",
        "testing/", "absl/"}},
      // Loops that a program may have already.
      {"examples/asio/", {"cluster/*.h", "absl/", "asio.hpp"}},
      {"examples/libuv/", {"cluster/*.h", "absl/", "uv.h"}},
  };
  return *layers;
}

// What code may include on top of its layer when it is a test of it.
const std::vector<std::string>& TestsMayInclude() {
  static const auto* const patterns = new std::vector<std::string>{
      "gtest/", "gmock/", "benchmark/", "transport/builtin/"};
  return *patterns;
}

bool Fits(absl::string_view path, const std::string& pattern) {
  if (absl::EndsWith(pattern, "/")) return absl::StartsWith(path, pattern);
  return fnmatch(pattern.c_str(), std::string(path).c_str(), FNM_PATHNAME) == 0;
}

bool FitsAny(absl::string_view path, const std::vector<std::string>& patterns) {
  return std::any_of(
      patterns.begin(), patterns.end(),
      [path](const std::string& pattern) { return Fits(path, pattern); });
}

const Layer* LayerOf(absl::string_view path) {
  const Layer* best = nullptr;
  for (const Layer& layer : Layers()) {
    if (Fits(path, layer.place) &&
        (best == nullptr || layer.place.size() > best->place.size())) {
      best = &layer;
    }
  }
  return best;
}

// True if some layer may include `path`: a file of ours or of a library that
// the project knows, as opposed to one of the system.
bool IsKnown(absl::string_view path) {
  return LayerOf(path) != nullptr || FitsAny(path, TestsMayInclude()) ||
         std::any_of(Layers().begin(), Layers().end(),
                     [path](const Layer& layer) {
                       return FitsAny(path, layer.may_include);
                     });
}

// Also for what several tests of one folder share.
bool IsTest(absl::string_view path) {
  return absl::EndsWith(path, "_test.cc") ||
         absl::EndsWith(path, "_benchmark.cc") ||
         absl::StartsWith(path.substr(path.rfind('/') + 1), "testing_");
}

// What a line names after `keyword`, quotes or brackets included; empty if it
// is another kind of line.
absl::string_view Named(absl::string_view line, bool is_proto) {
  line = absl::StripAsciiWhitespace(line);
  if (is_proto) {
    if (!absl::ConsumePrefix(&line, "import ")) return "";
    absl::ConsumePrefix(&line, "public ");
    absl::ConsumePrefix(&line, "weak ");
    return absl::StripSuffix(absl::StripAsciiWhitespace(line), ";");
  }
  if (!absl::ConsumePrefix(&line, "#")) return "";
  line = absl::StripLeadingAsciiWhitespace(line);
  if (!absl::ConsumePrefix(&line, "include")) return "";
  line = absl::StripLeadingAsciiWhitespace(line);
  if (line.empty()) return "";
  const char close = line.front() == '<' ? '>' : line.front();
  return line.substr(0, std::max<size_t>(line.find(close, 1), 1) + 1);
}

// Why `layer` may not include what is `named`; empty if it may.
std::string Fault(const Layer& layer, bool is_test, absl::string_view named) {
  if (named.size() < 3 || (named.front() != '"' && named.front() != '<')) {
    return absl::StrCat("includes ", named, ", which cannot be judged");
  }
  absl::string_view path = named.substr(1, named.size() - 2);
  const bool is_ours = absl::ConsumePrefix(&path, "raft/");
  if (!is_ours && LayerOf(path) != nullptr) {
    return absl::StrCat("includes ", named, ", which lacks \"raft/\"");
  }
  if (FitsAny(path, layer.may_include)) return "";
  if (is_test && FitsAny(path, TestsMayInclude())) return "";
  if (IsKnown(path)) {
    return absl::StrCat("may not include ", path, "; ", layer.place,
                        " may include ", absl::StrJoin(layer.may_include, " "));
  }
  if (named.front() == '"') {
    return absl::StrCat("includes ", named,
                        ", which is not a path from the root");
  }
  return "";
}

}  // namespace

bool IsSource(absl::string_view path) {
  static const auto* const endings = new std::vector<absl::string_view>{
      ".c",   ".cc",  ".cpp", ".cxx", ".h",   ".hh",
      ".hpp", ".hxx", ".inc", ".ipp", ".tcc", ".proto"};
  return std::any_of(endings->begin(), endings->end(),
                     [path](absl::string_view ending) {
                       return absl::EndsWith(path, ending);
                     });
}

std::vector<std::string> Included(absl::string_view path,
                                  absl::string_view content) {
  std::vector<std::string> included;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    const absl::string_view named = Named(line, absl::EndsWith(path, ".proto"));
    if (named.size() < 3) continue;
    absl::string_view file = named.substr(1, named.size() - 2);
    if (absl::ConsumePrefix(&file, "raft/")) included.emplace_back(file);
  }
  return included;
}

std::vector<std::string> LayerFaults(absl::string_view path,
                                     absl::string_view content) {
  const bool is_proto = absl::EndsWith(path, ".proto");
  if (!is_proto && !absl::EndsWith(path, ".h") &&
      !absl::EndsWith(path, ".cc")) {
    return {absl::StrCat(path, ": C++ files end in .h or .cc")};
  }
  const Layer* const layer = LayerOf(path);
  if (layer == nullptr) {
    return {absl::StrCat(path, ": no layer is known for this folder")};
  }
  std::vector<std::string> faults;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    const absl::string_view named = Named(line, is_proto);
    if (named.empty()) continue;
    const std::string fault = Fault(*layer, IsTest(path), named);
    if (!fault.empty()) {
      faults.push_back(absl::StrCat(path, ":", number, ": ", fault));
    }
  }
  return faults;
}

}  // namespace raft_cluster::internal
