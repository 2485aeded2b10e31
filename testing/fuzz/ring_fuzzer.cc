// A ring of bytes in shared memory. With an honest other side, what comes out
// is what went in, whatever the sizes are and however it wraps. With one that
// writes what it likes between any two looks at the memory, nothing outside of
// the ring is touched, no number is looked at twice, and what is impossible is
// said.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "raft/testing/fuzz/hostile_atomic.h"
#include "raft/testing/fuzz/hostile_ring.h"
#include "raft/testing/fuzz/input.h"

namespace raft_cluster::internal {
namespace {

constexpr int kMaxSteps = 2000;

class Sides : public Scribbler {
 public:
  explicit Sides(FuzzInput& input)
      : input_(input),
        is_honest_(input.Byte() % 2 == 0),
        capacity_(size_t{1} << input.Byte() % 18),
        // Of exactly this size, so that a sanitizer sees what is beyond.
        bytes_(new char[capacity_]()),
        writer_(&control_, bytes_.get(), capacity_),
        reader_(&control_, bytes_.get(), capacity_) {
    TheScribbler() = is_honest_ ? nullptr : this;
  }
  ~Sides() override { TheScribbler() = nullptr; }

  void Run() {
    for (int step = 0; step < kMaxSteps && !input_.empty(); ++step) {
      looks_.clear();
      Step();
    }
  }

  uint64_t See(const void* where, uint64_t honest) override {
    ++looks_[where];
    switch (input_.Byte() % 8) {
      case 0:
        return input_.Number(8);
      case 1:
        return honest + input_.Byte() - 128;
      case 2:
        return honest + capacity_;
      case 3:
        return input_.Number(3);
      default:
        return honest;
    }
  }

 private:
  void Step() {
    switch (input_.Byte() % 8) {
      case 0:
      case 1:
      case 2:
        return Write();
      case 3:
      case 4:
      case 5:
        return Read();
      case 6: {
        const bool rings = writer_.ReaderSleeps();
        Require(!is_honest_ || !rings || reader_asked_,
                "nobody is woken who does not sleep");
        if (rings) reader_asked_ = false;
        reader_.WriterWaits();
        return;
      }
      default:
        if (input_.Byte() % 2 == 0) {
          writer_.AskForRoom();
        } else if (reader_.AskForBytes()) {
          Require(!is_honest_ || sent_.empty(), "only one without bytes");
          reader_asked_ = true;
        }
    }
  }

  // No more than there can be on the other side of the ring.
  void RequireFewLooks() {
    for (const auto& looks : looks_) {
      Require(looks.second == 1, "each number is looked at once");
    }
  }

  void Write() {
    if (writer_broken_) return;
    std::string parts[2];
    for (std::string& part : parts) {
      part.assign(input_.Number(2) >> input_.Byte() % 16,
                  static_cast<char>(input_.Byte()));
      for (size_t i = 0; i < part.size(); ++i) part[i] ^= static_cast<char>(i);
    }
    iovec iov[2];
    for (int i = 0; i < 2; ++i) iov[i] = {&parts[i][0], parts[i].size()};
    looks_.clear();
    const absl::StatusOr<size_t> written = writer_.Write(iov, 2);
    RequireFewLooks();
    if (!written.ok()) {
      Require(!is_honest_, "an honest reader is believed");
      writer_broken_ = true;
      return;
    }
    const std::string all = parts[0] + parts[1];
    Require(*written <= all.size() && *written <= capacity_,
            "no more than fits");
    if (!is_honest_) return;
    Require(*written == std::min(all.size(), capacity_ - sent_.size()),
            "as much as fits");
    sent_.append(all, 0, *written);
  }

  void Read() {
    if (reader_broken_) return;
    const size_t size = (input_.Number(2) >> input_.Byte() % 16) + 1;
    const std::unique_ptr<char[]> data(new char[size]);
    looks_.clear();
    const absl::StatusOr<size_t> read = reader_.Read(data.get(), size);
    RequireFewLooks();
    if (!read.ok()) {
      Require(!is_honest_, "an honest writer is believed");
      reader_broken_ = true;
      return;
    }
    Require(*read <= size && *read <= capacity_, "no more than there can be");
    if (!is_honest_) return;
    Require(*read == std::min(size, sent_.size()), "as much as there is");
    Require(sent_.compare(0, *read, data.get(), *read) == 0, "the same bytes");
    sent_.erase(0, *read);
    Require(reader_.IsEmpty() == sent_.empty(), "empty when all is read");
  }

  FuzzInput& input_;
  const bool is_honest_;
  const size_t capacity_;
  const std::unique_ptr<char[]> bytes_;
  shm::RingControl control_ = {};
  shm::RingWriter writer_;
  shm::RingReader reader_;
  std::map<const void*, int> looks_;  // Of the call that is under way.
  bool writer_broken_ = false;
  bool reader_broken_ = false;
  bool reader_asked_ = false;
  std::string sent_;  // And not read.
};

}  // namespace
}  // namespace raft_cluster::internal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  raft_cluster::internal::FuzzInput input(data, size);
  raft_cluster::internal::Sides(input).Run();
  return 0;
}
