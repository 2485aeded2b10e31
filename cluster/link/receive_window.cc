#include "raft/cluster/link/receive_window.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "raft/cluster/link/mutant.h"

namespace raft_cluster::internal {
namespace {

// Beyond this many pieces out of order, more are dropped: they come again.
constexpr size_t kMaxEarlyPieces = 4096;

}  // namespace

void ReceiveWindow::StartSession(uint64_t fragment_bytes) {
  fragment_bytes_ = fragment_bytes;
  ++session_;
  old_cost_ += delivered_at_ - taken_at_;
  received_ = taken_ = 0;
  received_at_ = delivered_at_ = taken_at_ = 0;
  early_.clear();
  early_cost_ = 0;
  partial_ = Partial();
  grant_ = 0;
  Grant();
}

void ReceiveWindow::Grant() {
  const uint64_t open = taken_at_ + window_;
  if (open > old_cost_) grant_ = std::max(grant_, open - old_cost_);
}

void ReceiveWindow::Take(const Taken& taken) {
  if (taken.session == session_) {
    taken_ += taken.items;
    taken_at_ += taken.cost;
  } else {
    old_cost_ -= taken.cost;
  }
  Grant();
}

ReceiveWindow::Verdict ReceiveWindow::Receive(const ParsedFrame& frame,
                                              std::vector<ItemRun>* runs) {
  Verdict verdict;
  if (frame.item_count == 0) {
    verdict.gap = frame.header.first > received_ + 1;
    return verdict;
  }
  Piece piece;
  piece.first = frame.header.first;
  piece.items = frame.item_count;
  piece.cost = frame.cost;
  piece.largest = frame.largest;
  piece.fragments = frame.fragments;
  piece.bytes = frame.items;
  piece.tail = frame.tail;
  const bool deduplicates = !Mutated(Mutant::kRepeatsAreDelivered);
  if (piece.end() <= received_ + 1 && deduplicates) {
    verdict.repeat = true;
    return verdict;
  }
  if (piece.first > received_ + 1 && !Mutated(Mutant::kGapsArePassedOver)) {
    verdict.gap = true;
    KeepEarly(std::move(piece), &verdict);
    return verdict;
  }
  if (piece.first <= received_ && deduplicates) {
    verdict.repeat = true;
    DropFront(received_ + 1 - piece.first, &piece);
  }
  Deliver(piece, runs, &verdict);
  while (!early_.empty() && early_.begin()->first <= received_ + 1) {
    Piece next = std::move(early_.begin()->second);
    early_.erase(early_.begin());
    early_cost_ -= next.cost;
    if (next.end() <= received_ + 1) continue;
    if (next.first <= received_) DropFront(received_ + 1 - next.first, &next);
    Deliver(next, runs, &verdict);
  }
  verdict.gap = has_gap();
  return verdict;
}

void ReceiveWindow::DropFront(uint64_t items, Piece* piece) {
  ItemReader reader(piece->bytes.view(), piece->tail.view());
  Item item;
  for (; items > 0 && reader.Next(&item); --items) {
    ++piece->first;
    --piece->items;
    piece->cost -= item.cost();
  }
  // Copied, lest a small rest keep all of a large frame alive. An honest
  // sender, who never cuts the same items in two ways, does not come here.
  piece->bytes = Bytes::Copy(reader.rest());
}

void ReceiveWindow::KeepEarly(Piece piece, Verdict* verdict) {
  auto next = early_.lower_bound(piece.first);
  if (next != early_.begin()) {
    const Piece& before = std::prev(next)->second;
    if (before.end() > piece.first) {
      verdict->repeat = true;
      if (before.end() >= piece.end()) return;
      DropFront(before.end() - piece.first, &piece);
    }
  }
  // Frames are sent again as they were cut, so pieces do not overlap in part
  // but across a change of credit. The rest of such a one comes again.
  if (next != early_.end() && next->second.first < piece.end()) {
    verdict->repeat = true;
    return;
  }
  if (received_at_ + early_cost_ + piece.cost > grant_) {
    verdict->beyond = true;
    return;
  }
  if (early_.size() >= kMaxEarlyPieces) return;
  early_cost_ += piece.cost;
  early_.emplace(piece.first, std::move(piece));
}

void ReceiveWindow::Deliver(const Piece& piece, std::vector<ItemRun>* runs,
                            Verdict* verdict) {
  if (received_at_ + piece.cost > grant_ &&
      !Mutated(Mutant::kCreditIsIgnored)) {
    verdict->beyond = true;
    return;
  }
  if (partial_.memory == nullptr && !piece.fragments && piece.tail.empty() &&
      piece.largest <= max_envelope_) {
    ItemRun run;
    run.session = session_;
    run.envelopes = piece.items;
    run.bytes = piece.bytes;
    runs->push_back(std::move(run));
    Advance(piece.items, piece.cost, verdict);
    delivered_at_ = received_at_;
    return;
  }
  ItemReader reader(piece.bytes.view(), piece.tail.view());
  for (Item item; reader.Next(&item);) {
    if (!DeliverItem(item, piece, runs, verdict)) return;
  }
}

bool ReceiveWindow::DeliverItem(const Item& item, const Piece& piece,
                                std::vector<ItemRun>* runs, Verdict* verdict) {
  if (!item.whole()) return AddFragment(item, runs, verdict);
  if (partial_.memory != nullptr) {
    verdict->malformed = true;
    return false;
  }
  if (item.msg.size() > max_envelope_) {
    verdict->too_large = true;
    return false;
  }
  ItemRun run;
  run.session = session_;
  run.envelopes = 1;
  run.single = true;
  run.bytes = Bytes(
      piece.tail.empty() ? piece.bytes.owner() : piece.tail.owner(), item.msg);
  run.id = item.id;
  run.broadcast = item.broadcast;
  run.items = 1;
  runs->push_back(std::move(run));
  Advance(1, item.cost(), verdict);
  delivered_at_ = received_at_;
  return true;
}

bool ReceiveWindow::AddFragment(const Item& item, std::vector<ItemRun>* runs,
                                Verdict* verdict) {
  if (!IsCutRight(item, fragment_bytes_) || item.index != partial_.next_index ||
      (item.index != 0 && (item.count != partial_.item.count ||
                           item.total_bytes != partial_.item.total_bytes))) {
    verdict->malformed = true;
    return false;
  }
  if (item.index == 0) {
    if (item.total_bytes > max_envelope_) {
      verdict->too_large = true;
      return false;
    }
    partial_.item = item;
    partial_.memory = std::shared_ptr<char>(new char[item.total_bytes],
                                            std::default_delete<char[]>());
  }
  std::memcpy(partial_.memory.get() + item.index * fragment_bytes_,
              item.msg.data(), item.msg.size());
  ++partial_.next_index;
  Advance(1, item.cost(), verdict);
  if (!item.ends_envelope()) return true;
  ItemRun run;
  run.session = session_;
  run.envelopes = 1;
  run.single = true;
  run.bytes = Bytes(partial_.memory,
                    absl::string_view(partial_.memory.get(), item.total_bytes));
  run.id = partial_.item.id;
  run.broadcast = partial_.item.broadcast;
  run.items = item.count;
  runs->push_back(std::move(run));
  partial_ = Partial();
  delivered_at_ = received_at_;
  return true;
}

void ReceiveWindow::Advance(uint64_t items, uint64_t cost, Verdict* verdict) {
  received_ += items;
  received_at_ += cost;
  verdict->moved = true;
}

}  // namespace raft_cluster::internal
