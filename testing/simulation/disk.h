// The disk of a simulated server: what was written to it and not flushed may be
// gone after a crash.
//
//   raft_cluster::SimDisk disk;           // A server's: SimControl::disk().
//   disk.Append("log", "entry 7");
//   disk.Flush();                         // And only then answer.
//   ...
//   const std::string log = disk.Read("log").value_or("");
//
// Files have names and contents, and that is all. Writing costs no time.
//
// Thread rule: that of its simulation, one thread.
#ifndef RAFT_TESTING_SIMULATION_DISK_H_
#define RAFT_TESTING_SIMULATION_DISK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "raft/base/pid.h"  // Asks for C++17.

namespace raft_cluster {

namespace internal {
class SplitMix64;
}  // namespace internal

class SimDisk {
 public:
  // Replaces the file as a whole, as writing another one and renaming it does:
  // after a crash it is the old one or the new one.
  void Write(absl::string_view file, absl::string_view bytes);
  // After a crash there may be a part of it.
  void Append(absl::string_view file, absl::string_view bytes);
  void Remove(absl::string_view file);
  // As it was written, flushed or not. Nothing if there is no such file.
  absl::optional<std::string> Read(absl::string_view file) const;
  // What was done so far outlives a crash.
  void Flush();

  // For the simulator. The machine crashes: of what was not flushed a part is
  // there, the earlier before the later; the seed says how much. The disk takes
  // nothing until Restart(): who crashed in the middle of a call cannot know.
  void Crash(internal::SplitMix64* random);
  void Restart() { crashed_ = false; }

 private:
  struct Change {
    enum class Kind { kWrite, kAppend, kRemove } kind;
    std::string file;
    std::string bytes;
  };
  using Files = std::map<std::string, std::string>;

  void Do(Change change);
  static void Apply(const Change& change, Files* files);

  Files files_;
  Files flushed_;
  std::vector<Change> unflushed_;
  bool crashed_ = false;
};

}  // namespace raft_cluster

#endif  // RAFT_TESTING_SIMULATION_DISK_H_
