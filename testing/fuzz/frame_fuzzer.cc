// What the hand-written parser of frames takes, protobuf's takes too, and reads
// the same; in one part or in two. And what the hand-written encoder makes of
// it, both read.

#include <string>

#include "raft/cluster/link/item.h"
#include "raft/cluster/link/wire.h"
#include "raft/proto/wire/frame.pb.h"
#include "raft/testing/fuzz/input.h"

namespace raft_cluster::internal {
namespace {

void RequireSame(const Header& header, const wire::Frame& frame) {
  Require(header.cluster == frame.cluster() && header.from == frame.from() &&
              header.to == frame.to(),
          "cluster, from, to");
  Require(header.src.start_us == frame.src().start_us() &&
              header.src.random == frame.src().random() &&
              header.dst.start_us == frame.dst().start_us() &&
              header.dst.random == frame.dst().random(),
          "src, dst");
  Require(header.session == frame.session() && header.first == frame.first() &&
              header.received == frame.received() &&
              header.taken == frame.taken() &&
              header.credit == frame.credit() &&
              header.stamp == frame.stamp() && header.echo == frame.echo() &&
              header.ask == frame.ask() && header.leave == frame.leave(),
          "the state of a session");
  Require(header.hello.has_value() == frame.has_hello(), "hello");
}

void RequireSameItems(const ParsedFrame& parsed, const wire::Frame& frame) {
  Require(parsed.item_count == static_cast<uint64_t>(frame.items_size()),
          "as many items");
  ItemReader reader(parsed.items.view(), parsed.tail.view());
  int i = 0;
  for (Item item; reader.Next(&item); ++i) {
    const wire::Item& other = frame.items(i);
    Require(item.id == other.id() && item.broadcast == other.broadcast() &&
                item.msg == other.msg(),
            "an item");
    Require(item.index == other.fragment().index() &&
                item.count == other.fragment().count() &&
                item.total_bytes == other.fragment().total_bytes(),
            "its fragment");
  }
  Require(reader.ok(), "items that were found well-formed are so");
}

// Only its own header, and items that were read, so it is whole again.
void RequireEncoded(const ParsedFrame& parsed) {
  std::string items;
  ItemReader reader(parsed.items.view(), parsed.tail.view());
  for (Item item; reader.Next(&item);) AppendItem(item, &items);
  Header header = parsed.header;
  // Fields of later versions, which it would never write.
  if (header.hello.has_value()) header.hello->DiscardUnknownFields();
  const Frame encoded =
      EncodeFrame(header, {}, raft_cluster::Bytes::Own(std::move(items)));
  ParsedFrame again;
  Require(
      ParseFrame(encoded, /*verify_checksum=*/true, &again) == ParseResult::kOk,
      "what is encoded can be parsed");
  wire::Frame frame;
  std::string bytes(encoded.head.view());
  bytes.append(encoded.body.view().data(), encoded.body.size());
  Require(frame.ParseFromString(bytes), "by protobuf too");
  RequireSame(parsed.header, frame);
  RequireSameItems(again, frame);
  Require(again.cost == parsed.cost && again.largest == parsed.largest,
          "and is as large");
}

void Try(const std::string& bytes, size_t split) {
  const Frame frame{raft_cluster::Bytes::Copy(bytes.substr(0, split)),
                    raft_cluster::Bytes::Copy(bytes.substr(split))};
  ParsedFrame parsed;
  ParseFrame(frame, /*verify_checksum=*/true, &parsed);
  if (ParseFrame(frame, /*verify_checksum=*/false, &parsed) !=
      ParseResult::kOk) {
    return;
  }
  if (parsed.header.hello.has_value() &&
      CommonVersion(*parsed.header.hello) == 0) {
    return;  // Nothing else of it was looked at.
  }
  wire::Frame other;
  Require(other.ParseFromString(bytes), "protobuf takes it too");
  RequireSame(parsed.header, other);
  RequireSameItems(parsed, other);
  RequireEncoded(parsed);
}

}  // namespace
}  // namespace raft_cluster::internal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  raft_cluster::internal::FuzzInput input(data, size);
  const size_t split = input.Number(2);
  const std::string bytes = input.Rest();
  raft_cluster::internal::Try(bytes, bytes.size());
  if (split < bytes.size()) raft_cluster::internal::Try(bytes, split);
  return 0;
}
