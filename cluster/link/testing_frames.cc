#include "raft/cluster/link/testing_frames.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "raft/cluster/link/item.h"
#include "raft/cluster/link/varint.h"
#include "raft/proto/wire/frame.pb.h"

namespace raft_cluster::internal {

Header SomeHeader() {
  Header header;
  header.cluster = 0xabcdef;
  header.from = 1;
  header.to = 2;
  header.src = {1700000000000000, 42};
  header.dst = {1700000000000001, 43};
  header.session = true;
  header.first = 9;
  header.received = 8;
  header.taken = 7;
  header.credit = 6;
  header.stamp = 5;
  header.echo = 4;
  return header;
}

Frame LaterFrame(const Header& header, absl::string_view items,
                 absl::string_view more) {
  wire::Frame known;
  EXPECT_TRUE(known.ParseFromString(std::string(items)));
  std::string rest = absl::StrCat("\xc8\x02\x05", more);  // Field 41.
  for (const wire::Item& item : known.items()) {
    const std::string bytes =
        absl::StrCat("\x28\x07", item.SerializeAsString());  // Field 5.
    char size[kMaxVarintBytes];
    rest += '\x7a';
    rest.append(size, PutVarint(size, bytes.size()));
    rest += bytes;
  }
  // The checksum is the same however the bytes are cut into head and body.
  const Frame cut = EncodeFrame(header, {}, Bytes::Copy(rest));
  return Frame{Bytes::Own(absl::StrCat(cut.head.view(), rest)), Bytes()};
}

}  // namespace raft_cluster::internal
