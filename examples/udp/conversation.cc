#include "raft/examples/udp/conversation.h"

#include <algorithm>

namespace udp {
namespace {

using raft_cluster::Frame;

// What is on its way is asked for after this, at first, and then twice as late
// each time.
constexpr std::chrono::milliseconds kMinAskPause{20};
// So often where nothing is on its way: the other side may have gone.
constexpr std::chrono::milliseconds kMaxAskPause{1000};

// What a frame counts against the bound of a queue: empty ones cost, too.
size_t Cost(const Frame& frame) { return frame.size() + 64; }

}  // namespace

Conversation::Conversation(uint64_t id, const sockaddr_in& address,
                           raft_cluster::Pid pid, size_t window_bytes)
    : id_(id),
      address_(address),
      pid_(pid),
      window_bytes_(window_bytes),
      ask_pause_(kMaxAskPause) {}

void Conversation::Begin(uint64_t partner, Clock::time_point now) {
  partner_ = partner;
  sent_ = seen_ = received_ = told_ = 0;
  whole_ = false;
  heard_ = now;
  ask_pause_ = kMaxAskPause;
  ask_at_ = now + ask_pause_;
}

void Conversation::End() {
  partner_ = 0;
  waiting_.clear();
  waiting_bytes_ = begun_bytes_ = 0;
  frame_.clear();
  ask_at_ = Clock::time_point::max();
}

bool Conversation::Queue(const Frame& frame, size_t bound_bytes) {
  const size_t cost = Cost(frame);
  if (!waiting_.empty() && waiting_bytes_ + cost > bound_bytes) return false;
  waiting_bytes_ += cost;
  waiting_.push_back(frame);
  return true;
}

void Conversation::Flush(Socket& socket, Clock::time_point now) {
  while (up() && !waiting_.empty()) {
    const Frame& frame = waiting_.front();
    const size_t length = std::min(frame.size() - begun_bytes_, kMaxPieceBytes);
    if (!MaySend(length + kDatagramCost)) return;
    if (sent_ == seen_) {
      ask_pause_ = kMinAskPause;
      ask_at_ = now + ask_pause_;
    }
    sent_ += length + kDatagramCost;
    Header header = NewHeader(Header::kPiece);
    header.count = sent_;
    header.begins = begun_bytes_ == 0;
    header.ends = begun_bytes_ + length == frame.size();
    socket.Send(address_, header, frame, begun_bytes_, length);
    begun_bytes_ += length;
    if (header.ends == 0) continue;
    waiting_bytes_ -= Cost(frame);
    waiting_.pop_front();
    begun_bytes_ = 0;
  }
}

Header Conversation::NewHeader(Header::Kind kind) const {
  Header header;
  header.kind = kind;
  header.to = partner_;
  header.from = id_;
  return header;
}

void Conversation::Say(Socket& socket, Header::Kind kind) const {
  socket.Send(address_, NewHeader(kind));
}

void Conversation::OnSeen(uint64_t count, Clock::time_point now) {
  if (count <= seen_ || count > sent_) return;
  seen_ = count;
  ask_pause_ = sent_ == seen_ ? Clock::duration(kMaxAskPause)
                              : Clock::duration(kMinAskPause);
  ask_at_ = now + ask_pause_;
}

void Conversation::SkipTo(uint64_t count) {
  if (count <= received_) return;
  received_ = count;
  whole_ = false;
  frame_.clear();
}

void Conversation::OnAsked(uint64_t count) { SkipTo(count); }

Conversation::Piece Conversation::OnPiece(const Header& header,
                                          absl::string_view piece,
                                          size_t max_frame_bytes,
                                          std::string* bytes) {
  // What comes twice, or was overtaken, is dropped: so frames keep their order.
  const uint64_t cost = piece.size() + kDatagramCost;
  if (header.count <= received_ || header.count < cost) return Piece::kPart;
  SkipTo(header.count - cost);
  received_ = header.count;
  if (header.begins != 0) {
    frame_.clear();
    whole_ = true;
  }
  if (!whole_) return Piece::kPart;
  if (frame_.size() + piece.size() > max_frame_bytes) {
    whole_ = false;
    frame_.clear();
    return Piece::kTooLarge;
  }
  frame_.append(piece.data(), piece.size());
  if (header.ends == 0) return Piece::kPart;
  whole_ = false;
  bytes->clear();
  bytes->swap(frame_);
  return Piece::kFrame;
}

void Conversation::TellSeen(Socket& socket) {
  told_ = received_;
  Header header = NewHeader(Header::kSeen);
  header.count = received_;
  socket.Send(address_, header);
}

Clock::time_point Conversation::Ask(Socket& socket, Clock::time_point now) {
  if (!up() || now < ask_at_) return ask_at_;
  Header header = NewHeader(Header::kAsk);
  header.count = sent_;
  socket.Send(address_, header);
  ask_pause_ = std::min<Clock::duration>(ask_pause_ * 2, kMaxAskPause);
  ask_at_ = now + ask_pause_;
  return ask_at_;
}

}  // namespace udp
