// One connection: a channel with the preambles of both sides and the records
// after them. It does not know what it is used for, and never comes up again.
//
// Thread rule: under the transport's lock. Nothing throws or blocks.
#ifndef RAFT_TRANSPORT_STREAM_CONNECTION_H_
#define RAFT_TRANSPORT_STREAM_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "raft/base/pid.h"
#include "raft/transport/frame.h"
#include "raft/transport/net/descriptors.h"
#include "raft/transport/net/poller.h"
#include "raft/transport/stream/channel.h"
#include "raft/transport/stream/chunk_pool.h"
#include "raft/transport/stream/preamble.h"
#include "raft/transport/stream/record_queue.h"
#include "raft/transport/stream/record_reader.h"
#include "raft/transport/transport.h"

namespace raft_cluster::internal::stream {

// What all connections of a transport share.
struct Environment {
  Poller& events;
  DescriptorPledge& descriptors;
  ChunkPool& chunks;
  Pid self;
  size_t max_frame_bytes;
  size_t queue_bytes;
};

class Connection {
 public:
  // What a turn of reading may bring.
  enum class Event {
    kNothing,  // For now; the descriptor will tell when there is more.
    kMore,     // The turn is over, and there may be more.
    kUp,       // theirs() is known from now on.
    kFrame,
    kEcho,
    kEnded,  // For good; see how it ended.
  };
  struct Input {
    Bytes frame;
    Nonce nonce;
  };

  // `events` will report `id`. `called`: whom we called; 0: who called us.
  Connection(Environment& environment, std::unique_ptr<Channel> channel,
             uint64_t id, Pid called, std::string address);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // False: the system does not watch its descriptor.
  bool watched() const { return watched_; }

  // Does what can be done until there is something to tell.
  Event Next(Input& input);
  // Begins a turn, in which so many bytes are read.
  void BeginTurn();
  // Others have their turn before this one goes on.
  void EndTurn() { reader_.Keep(); }

  // kFull: the queue is at its bound, or nothing can be sent any more. Sent
  // before it is up, a frame waits for that.
  SendResult Send(const Frame& frame);
  void SendEcho(const Nonce& nonce);
  // Ends it from our side: Next() will say so.
  void Cut(absl::Status why) { End(std::move(why)); }
  // Nothing comes after this. The other side will close when it has it.
  void SendEnd();
  // Something broke in a Send(): Next() is to be called.
  bool is_broken() const { return is_broken_; }
  bool has_sent_end() const { return has_sent_end_; }

  bool is_dialled() const { return called_ != 0; }
  Pid called() const { return called_; }
  uint64_t id() const { return id_; }
  const std::string& address() const { return address_; }
  bool is_up() const { return is_up_; }
  const Channel& channel() const { return *channel_; }
  Pid proven() const { return channel_->proven(); }
  const Nonce& nonce() const { return nonce_; }
  const Preamble& theirs() const { return theirs_; }  // REQUIRES: is_up().

  // After kEnded: whether it was turned away, and why; the far end has closed
  // it after all that it had to say, and nothing of ours is known to be lost.
  bool is_turned_away() const { return is_turned_away_; }
  TurnedAway refusal() const { return refusal_; }
  bool is_clean() const { return is_clean_; }
  const absl::Status& why() const { return why_; }

 private:
  static constexpr size_t kTurnBytes = size_t{256} << 10;

  Event Handshake();
  // Nothing: nothing to tell, and it goes on.
  absl::optional<Event> OnRecord(RecordReader::Result result, Input& input,
                                 RecordReader::Record& record);
  absl::optional<Event> Read();
  void Flush();
  void Break();
  Event End(absl::Status why);
  Event TurnAway(TurnedAway refusal, absl::Status why);
  void Greet();
  void Watch();

  Environment& environment_;
  const std::unique_ptr<Channel> channel_;
  const uint64_t id_;
  const Pid called_;
  const std::string address_;
  const Nonce nonce_ = NewNonce();
  bool watched_ = false;
  bool watches_write_ = false;

  bool is_open_ = false;  // The channel's handshake is over.
  bool is_up_ = false;
  bool is_broken_ = false;
  bool has_sent_end_ = false;
  bool is_over_ = false;  // The other side has sent its end.
  bool is_ended_ = false;
  bool is_turned_away_ = false;
  bool is_clean_ = false;
  TurnedAway refusal_ = TurnedAway::kHandshake;
  absl::Status why_;

  std::string greeting_;  // What is not yet written of our preamble.
  Preamble theirs_;
  RecordReader reader_;
  RecordQueue queue_;
  size_t turn_bytes_ = 0;
  bool is_drained_ = false;  // In this turn.
};

}  // namespace raft_cluster::internal::stream

#endif  // RAFT_TRANSPORT_STREAM_CONNECTION_H_
