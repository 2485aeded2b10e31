#include "raft/cluster/link/receive_window.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace raft_cluster::internal {
namespace {

// Beyond this many pieces out of order, more are dropped: they come again.
constexpr size_t kMaxEarlyPieces = 4096;

}  // namespace

void ReceiveWindow::StartSession(uint64_t fragment_bytes) {
  // So much of the former session is in the inbox. It is taken in its own time,
  // and takes room until then.
  old_cost_ += session_.delivered_at - session_.taken_at;
  const uint64_t number = session_.number + 1;
  session_ = Session();
  session_.number = number;
  session_.fragment_bytes = fragment_bytes;
  Grant();
}

void ReceiveWindow::Drop() {
  session_.early.clear();
  session_.early_cost = 0;
  session_.partial = Partial();
  session_.delivered_at = session_.taken_at;
  old_cost_ = 0;
}

void ReceiveWindow::Grant() {
  const uint64_t open = session_.taken_at + window_;
  // What former sessions left in the inbox narrows the window. A grant that was
  // given is never taken back: the peer may have used it already.
  if (open > old_cost_)
    session_.grant = std::max(session_.grant, open - old_cost_);
}

bool ReceiveWindow::Take(const Taken& taken, Micros now) {
  if (taken.session == session_.number) {
    session_.taken += taken.items;
    session_.taken_at += taken.cost;
  } else {
    old_cost_ -= taken.cost;
  }
  Grant();
  const bool first = news_since_ == kNever;
  if (first) news_since_ = now;
  // Only these two make a frame due; the rest goes with one that goes anyway.
  return first || OwesGrant();
}

void ReceiveWindow::Say(Header* header) {
  header->received = session_.received;
  header->taken = session_.taken;
  header->credit = session_.grant;
  session_.granted = session_.grant;
  news_since_ = kNever;
}

ReceiveWindow::Verdict ReceiveWindow::Receive(const ParsedFrame& frame,
                                              Micros now,
                                              std::vector<ItemRun>* runs) {
  const Verdict verdict = Sort(frame, runs);
  if (verdict.moved && news_since_ == kNever) news_since_ = now;
  return verdict;
}

ReceiveWindow::Verdict ReceiveWindow::Sort(const ParsedFrame& frame,
                                           std::vector<ItemRun>* runs) {
  Verdict verdict;
  // It says which number comes next: had that been sent before, it is missing.
  if (frame.item_count == 0) {
    verdict.gap = frame.header.first > session_.received + 1;
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
  if (piece.end() <= session_.received + 1) {
    verdict.repeat = true;
    return verdict;
  }
  if (piece.first > session_.received + 1) {
    verdict.gap = true;
    KeepEarly(std::move(piece), &verdict);
    return verdict;
  }
  if (piece.first <= session_.received) {
    verdict.repeat = true;
    DropFront(session_.received + 1 - piece.first, &piece);
  }
  Deliver(piece, runs, &verdict);
  // What came before its time may be next now.
  while (!session_.early.empty() &&
         session_.early.begin()->first <= session_.received + 1) {
    Piece next = std::move(session_.early.begin()->second);
    session_.early.erase(session_.early.begin());
    session_.early_cost -= next.cost;
    if (next.end() <= session_.received + 1) continue;
    if (next.first <= session_.received)
      DropFront(session_.received + 1 - next.first, &next);
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
  auto next = session_.early.lower_bound(piece.first);
  if (next != session_.early.begin()) {
    const Piece& before = std::prev(next)->second;
    if (before.end() > piece.first) {
      verdict->repeat = true;
      if (before.end() >= piece.end()) return;
      DropFront(before.end() - piece.first, &piece);
    }
  }
  // Frames are sent again as they were cut, so pieces do not overlap in part
  // but across a change of credit. The rest of such a one comes again.
  if (next != session_.early.end() && next->second.first < piece.end()) {
    verdict->repeat = true;
    return;
  }
  // Held early or handed out, it counts against the same grant.
  if (session_.received_at + session_.early_cost + piece.cost >
      session_.grant) {
    verdict->beyond = true;
    return;
  }
  if (session_.early.size() >= kMaxEarlyPieces) return;
  session_.early_cost += piece.cost;
  session_.early.emplace(piece.first, std::move(piece));
}

void ReceiveWindow::Deliver(const Piece& piece, std::vector<ItemRun>* runs,
                            Verdict* verdict) {
  if (session_.received_at + piece.cost > session_.grant) {
    verdict->beyond = true;
    return;
  }
  // The common case: whole small envelopes go on as the bytes that came,
  // without a look at each.
  if (session_.partial.memory == nullptr && !piece.fragments &&
      piece.tail.empty() && piece.largest <= max_envelope_) {
    ItemRun run;
    run.session = session_.number;
    run.envelopes = piece.items;
    run.bytes = piece.bytes;
    runs->push_back(std::move(run));
    Advance(piece.items, piece.cost, verdict);
    session_.delivered_at = session_.received_at;
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
  // Fragments of one envelope follow one another, with nothing between.
  if (session_.partial.memory != nullptr) {
    verdict->malformed = true;
    return false;
  }
  if (item.msg.size() > max_envelope_) {
    verdict->too_large = true;
    return false;
  }
  ItemRun run;
  run.session = session_.number;
  run.envelopes = 1;
  run.single = true;
  run.bytes = Bytes(
      piece.tail.empty() ? piece.bytes.owner() : piece.tail.owner(), item.msg);
  run.id = item.id;
  run.broadcast = item.broadcast;
  run.items = 1;
  runs->push_back(std::move(run));
  Advance(1, item.cost(), verdict);
  session_.delivered_at = session_.received_at;
  return true;
}

bool ReceiveWindow::AddFragment(const Item& item, std::vector<ItemRun>* runs,
                                Verdict* verdict) {
  // Each is held against the first, by whose word the memory was made: nothing
  // may be written beyond its end, or left unwritten.
  if (!IsCutRight(item, session_.fragment_bytes) ||
      item.index != session_.partial.next_index ||
      (item.index != 0 &&
       (item.count != session_.partial.item.count ||
        item.total_bytes != session_.partial.item.total_bytes))) {
    verdict->malformed = true;
    return false;
  }
  if (item.index == 0) {
    if (item.total_bytes > max_envelope_) {
      verdict->too_large = true;
      return false;
    }
    // Room for all of it at once: its size was held against the limit, and each
    // fragment against the credit.
    session_.partial.item = item;
    session_.partial.memory = std::shared_ptr<char>(
        new char[item.total_bytes], std::default_delete<char[]>());
  }
  std::memcpy(
      session_.partial.memory.get() + item.index * session_.fragment_bytes,
      item.msg.data(), item.msg.size());
  ++session_.partial.next_index;
  Advance(1, item.cost(), verdict);
  if (!item.ends_envelope()) return true;
  ItemRun run;
  run.session = session_.number;
  run.envelopes = 1;
  run.single = true;
  run.bytes =
      Bytes(session_.partial.memory,
            absl::string_view(session_.partial.memory.get(), item.total_bytes));
  run.id = session_.partial.item.id;
  run.broadcast = session_.partial.item.broadcast;
  run.items = item.count;
  runs->push_back(std::move(run));
  session_.partial = Partial();
  session_.delivered_at = session_.received_at;
  return true;
}

void ReceiveWindow::Advance(uint64_t items, uint64_t cost, Verdict* verdict) {
  session_.received += items;
  session_.received_at += cost;
  verdict->moved = true;
}

}  // namespace raft_cluster::internal
