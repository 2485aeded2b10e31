#include "raft/testing/simulation/disk.h"

#include <utility>

#include "raft/base/random.h"

namespace raft_cluster {

void SimDisk::Write(absl::string_view file, absl::string_view bytes) {
  Do({Change::Kind::kWrite, std::string(file), std::string(bytes)});
}

void SimDisk::Append(absl::string_view file, absl::string_view bytes) {
  Do({Change::Kind::kAppend, std::string(file), std::string(bytes)});
}

void SimDisk::Remove(absl::string_view file) {
  Do({Change::Kind::kRemove, std::string(file), ""});
}

absl::optional<std::string> SimDisk::Read(absl::string_view file) const {
  const auto found = files_.find(std::string(file));
  if (found == files_.end()) return absl::nullopt;
  return found->second;
}

void SimDisk::Flush() {
  if (crashed_) return;
  for (const Change& change : unflushed_) Apply(change, &flushed_);
  unflushed_.clear();
}

void SimDisk::Crash(internal::SplitMix64* random) {
  const size_t kept = random->Below(unflushed_.size() + 1);
  for (size_t i = 0; i < kept; ++i) Apply(unflushed_[i], &flushed_);
  if (kept < unflushed_.size() &&
      unflushed_[kept].kind == Change::Kind::kAppend) {
    Change torn = unflushed_[kept];
    torn.bytes.resize(random->Below(torn.bytes.size() + 1));
    if (!torn.bytes.empty()) Apply(torn, &flushed_);
  }
  unflushed_.clear();
  files_ = flushed_;
  crashed_ = true;
}

void SimDisk::Do(Change change) {
  if (crashed_) return;
  Apply(change, &files_);
  unflushed_.push_back(std::move(change));
}

void SimDisk::Apply(const Change& change, Files* files) {
  switch (change.kind) {
    case Change::Kind::kWrite:
      (*files)[change.file] = change.bytes;
      break;
    case Change::Kind::kAppend:
      (*files)[change.file] += change.bytes;
      break;
    case Change::Kind::kRemove:
      files->erase(change.file);
      break;
  }
}

}  // namespace raft_cluster
