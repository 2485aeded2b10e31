#include "raft/transport/stream/connection.h"

#include <limits.h>

#include <utility>

namespace raft_cluster::internal::stream {
namespace {

// In one call of the system; what it takes at most.
constexpr int kMaxParts = 192;
static_assert(kMaxParts <= IOV_MAX, "as many as it takes");

}  // namespace

Connection::Connection(Environment& environment,
                       std::unique_ptr<Channel> channel, uint64_t id,
                       Pid called, std::string address)
    : environment_(environment),
      channel_(std::move(channel)),
      id_(id),
      called_(called),
      address_(std::move(address)),
      reader_(environment.chunks, environment.max_frame_bytes) {
  environment_.descriptors.Hold(1);
  watched_ = environment_.events.Add(channel_->fd(), id_);
}

Connection::~Connection() {
  if (watched_) environment_.events.Remove(channel_->fd());
  environment_.descriptors.Hold(-1);
}

void Connection::BeginTurn() {
  turn_bytes_ = 0;
  is_drained_ = false;
  if (is_open_ && !is_ended_) Flush();
}

Connection::Event Connection::Next(Input& input) {
  if (is_ended_) return Event::kEnded;
  if (!is_open_) {
    const Event event = Handshake();
    if (!is_open_) return event;
  }
  RecordReader::Record record;
  for (;;) {
    // After its end a caller waits for what is queued for it, and no more.
    if (is_over_ && (queue_.empty() || is_broken_)) {
      return End(absl::UnavailableError("it has ended the connection"));
    }
    const RecordReader::Result result = reader_.Next(record);
    if (result != RecordReader::Result::kNothing) {
      const absl::optional<Event> event = OnRecord(result, input, record);
      if (event.has_value()) return *event;
      continue;
    }
    const absl::optional<Event> event = Read();
    if (event.has_value()) return *event;
  }
}

Connection::Event Connection::Handshake() {
  switch (channel_->Handshake()) {
    case Progress::kDone:
      break;
    case Progress::kAgain:
      Watch();
      return Event::kNothing;
    case Progress::kClosed:
      return TurnAway(TurnedAway::kHandshake,
                      absl::UnavailableError(
                          "it hangs up in the handshake: it speaks something "
                          "else, or was ended"));
    case Progress::kFailed:
      return TurnAway(channel_->refusal(), channel_->why());
  }
  is_open_ = true;
  // Who calls speaks first: a number that comes back must belong to somebody
  // who has said who it is.
  if (is_dialled()) Greet();
  return Event::kNothing;
}

void Connection::Greet() {
  Preamble preamble;
  preamble.self = environment_.self;
  preamble.called = called_;
  preamble.max_frame_bytes = environment_.max_frame_bytes;
  preamble.nonce = nonce_;
  greeting_ = Encode(preamble);
  Flush();
}

absl::optional<Connection::Event> Connection::OnRecord(
    RecordReader::Result result, Input& input, RecordReader::Record& record) {
  using Result = RecordReader::Result;
  switch (result) {
    case Result::kNothing:
      break;
    case Result::kPreamble:
      theirs_ = record.preamble;
      channel_->Claim(theirs_.self);
      is_up_ = true;
      if (!is_dialled()) Greet();
      Flush();
      return Event::kUp;
    case Result::kFrame:
      input.frame = std::move(record.bytes);
      return Event::kFrame;
    case Result::kEcho:
      input.nonce = record.nonce;
      return Event::kEcho;
    case Result::kEnd:
      is_over_ = true;
      break;
    case Result::kNoPreamble:
      return TurnAway(TurnedAway::kHandshake,
                      absl::UnavailableError(reader_.why().message()));
    case Result::kMalformed:
      return TurnAway(
          TurnedAway::kMalformed,
          absl::UnavailableError("it sends what no server of this kind does"));
    case Result::kTooLarge:
      return TurnAway(
          TurnedAway::kTooLarge,
          absl::UnavailableError("it sends a frame that is too large"));
  }
  return absl::nullopt;
}

absl::optional<Connection::Event> Connection::Read() {
  if (is_drained_ || turn_bytes_ >= kTurnBytes) {
    Watch();
    return is_drained_ ? Event::kNothing : Event::kMore;
  }
  const RecordReader::Room room = reader_.MakeRoom();
  const Io io = channel_->Read(room.data, room.size);
  reader_.Filled(io.bytes);
  switch (io.progress) {
    case Progress::kDone:
      turn_bytes_ += io.bytes;
      // A socket that gave less than was asked for is empty, and will tell.
      is_drained_ = io.bytes < room.size && !channel_->pending();
      return absl::nullopt;
    case Progress::kAgain:
      if (is_broken_) return End(why_);
      is_drained_ = true;
      Watch();
      return Event::kNothing;
    case Progress::kClosed:
      if (!is_up_) {
        return TurnAway(TurnedAway::kHandshake,
                        absl::UnavailableError(
                            "it hangs up in the handshake: it speaks something "
                            "else, or was ended"));
      }
      is_clean_ = !is_broken_;
      return End(absl::UnavailableError("it has closed the connection"));
    case Progress::kFailed:
      if (!is_up_) return TurnAway(TurnedAway::kHandshake, channel_->why());
      return End(channel_->why());
  }
  return Event::kNothing;
}

SendResult Connection::Send(const Frame& frame) {
  const bool has_room =
      queue_.empty() ||
      queue_.cost() + RecordQueue::CostOf(frame) <= environment_.queue_bytes;
  if (is_ended_ || is_broken_ || has_sent_end_ || is_over_ || !has_room) {
    return SendResult::kFull;
  }
  queue_.Push(RecordKind::kFrame, frame);
  if (is_up_) Flush();
  return SendResult::kSent;
}

void Connection::SendEcho(const Nonce& nonce) {
  // Whoever does not read gets no more of them.
  if (queue_.cost() > environment_.queue_bytes || has_sent_end_) return;
  queue_.Push(
      RecordKind::kEcho,
      Frame{Bytes::Copy(absl::string_view(nonce.data(), nonce.size())), {}});
  if (is_up_) Flush();
}

void Connection::SendEnd() {
  if (has_sent_end_) return;
  has_sent_end_ = true;
  queue_.Push(RecordKind::kEnd, Frame());
  if (is_up_) Flush();
}

void Connection::Flush() {
  if (!is_open_) return;
  iovec parts[kMaxParts];
  while (!is_broken_) {
    int count = 0;
    if (!greeting_.empty()) {
      parts[0] = {&greeting_[0], greeting_.size()};
      count = 1;
    } else if (is_up_) {
      count = queue_.Parts(parts, kMaxParts);
    }
    if (count == 0) break;
    const Io io = channel_->Write(parts, count);
    if (io.progress == Progress::kAgain) break;
    if (io.progress != Progress::kDone) {
      Break();
      break;
    }
    if (!greeting_.empty()) {
      greeting_.erase(0, io.bytes);
    } else {
      queue_.Written(io.bytes);
    }
  }
  Watch();
}

void Connection::Break() {
  is_broken_ = true;
  why_ = channel_->why();
  if (why_.ok()) why_ = absl::UnavailableError("it has closed the connection");
}

void Connection::Watch() {
  const bool write = channel_->wants_write();
  if (!watched_ || write == watches_write_) return;
  watches_write_ = write;
  environment_.events.Change(channel_->fd(), id_, write);
}

Connection::Event Connection::End(absl::Status why) {
  is_ended_ = true;
  why_ = std::move(why);
  return Event::kEnded;
}

Connection::Event Connection::TurnAway(TurnedAway refusal, absl::Status why) {
  is_turned_away_ = true;
  refusal_ = refusal;
  return End(std::move(why));
}

}  // namespace raft_cluster::internal::stream
