#include "cluster/inbox_queue.h"

#include <cstring>
#include <utility>

namespace raft {
namespace {

// A frame has overheads of some hundred bytes, so smaller ones are copied.
constexpr size_t kSmallRunBytes = 2048;
constexpr size_t kCopyBytes = 16384;

}  // namespace

void InboxQueue::Push(size_t link, Pid from, uint64_t life, Run run) {
  const bool small = !run.single && run.bytes.size() < kSmallRunBytes;
  if (small && !entries_.empty() && Join(link, run)) return;
  Entry entry;
  entry.link = link;
  entry.from = from;
  entry.life = life;
  if (small && !entries_.empty()) {  // It is going to wait: let others join.
    entry.copy = std::shared_ptr<char>(new char[kCopyBytes],
                                       std::default_delete<char[]>());
    std::memcpy(entry.copy.get(), run.bytes.view().data(), run.bytes.size());
    run.bytes = Bytes(entry.copy, absl::string_view(entry.copy.get(),
                                                    run.bytes.size()));
  }
  entry.run = std::move(run);
  entries_.push_back(std::move(entry));
}

bool InboxQueue::Join(size_t link, const Run& run) {
  Entry& last = entries_.back();
  const size_t used = last.run.bytes.size();
  if (last.link != link || last.run.session != run.session ||
      last.copy == nullptr || used + run.bytes.size() > kCopyBytes) {
    return false;
  }
  std::memcpy(last.copy.get() + used, run.bytes.view().data(),
              run.bytes.size());
  last.run.bytes = Bytes(last.copy, absl::string_view(last.copy.get(),
                                                      used + run.bytes.size()));
  last.run.envelopes += run.envelopes;
  return true;
}

bool InboxQueue::Pop(Received* received, Taken* taken) {
  if (entries_.empty()) return false;
  Entry& entry = entries_.front();
  Run& run = entry.run;
  taken->link = entry.link;
  taken->session = run.session;
  if (run.single) {
    taken->items = run.items;
    taken->cost = run.bytes.size() + kEnvelopeOverhead;
    *received =
        Received(entry.from, run.broadcast ? kBroadcast : self_, run.id,
                 entry.life, run.bytes.view(), run.bytes.owner());
  } else {
    ItemReader reader(run.bytes.view().substr(entry.read));
    Item item;
    reader.Next(&item);  // Well-formed: it was read before.
    entry.read = run.bytes.size() - reader.rest().size();
    taken->items = 1;
    taken->cost = item.cost();
    *received = Received(entry.from, item.broadcast ? kBroadcast : self_,
                         item.id, entry.life, item.msg, run.bytes.owner());
  }
  if (--run.envelopes == 0) entries_.pop_front();
  return true;
}

}  // namespace raft
