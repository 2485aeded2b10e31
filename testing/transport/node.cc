#include "raft/testing/transport/node.h"

#include <algorithm>
#include <chrono>  // NOLINT(build/c++11)
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kLinkFrame[] = "link";

std::unique_ptr<Transport> MustOpen(const TransportUnderTest& under_test,
                                    const TransportSpec& spec) {
  absl::StatusOr<std::unique_ptr<Transport>> transport = under_test.open(spec);
  if (!transport.ok()) {
    ADD_FAILURE() << "cannot open " << spec.url.ToString() << ": "
                  << transport.status();
    std::abort();
  }
  return *std::move(transport);
}

TransportSpec DefaultSpec(const TransportUnderTest& under_test,
                          const Url& url) {
  TransportSpec spec;
  spec.url = url;
  spec.self = 1;
  spec.max_frame_bytes =
      std::min(spec.max_frame_bytes, under_test.largest_frame_bytes);
  return spec;
}

}  // namespace

std::string Node::Arrived::bytes() const {
  return absl::StrCat(frame.head.view(), frame.body.view());
}

Node::Node(const TransportUnderTest& under_test,
           const std::function<void(TransportSpec&)>& adjust)
    : virtual_now_(under_test.virtual_now) {
  TransportSpec spec = DefaultSpec(under_test, under_test.fresh_url());
  if (adjust) adjust(spec);
  transport = MustOpen(under_test, spec);
}

Node::Node(const TransportUnderTest& under_test, const Url& url)
    : transport(MustOpen(under_test, DefaultSpec(under_test, url))),
      virtual_now_(under_test.virtual_now) {}

absl::Time Node::Now() const {
  if (virtual_now_) return virtual_now_();
  // Never set back, unlike absl::Now().
  return absl::UnixEpoch() + absl::FromChrono(Clock::now().time_since_epoch());
}

bool Node::Poll() {
  const int before = events_;
  while (transport->Poll(/*limit=*/100, *this) == 100) {
  }
  return events_ != before;
}

void Node::OnReset(Pid peer, bool up) {
  ++events_;
  ++resets[peer];
  if (up) ++connections[peer];
}

void Node::OnTrouble(Pid peer, const absl::Status& why) {
  ++events_;
  troubles[peer].push_back(why);
}

void Node::OnFrame(const Origin& origin, Frame frame) {
  ++events_;
  frames.push_back({origin, std::move(frame)});
}

void Node::OnTurnedAway(TurnedAway why, Pid /*peer*/,
                        const std::string& /*address*/) {
  ++refused[why];
}

size_t Node::CountOf(absl::string_view bytes) const {
  return std::count_if(
      frames.begin(), frames.end(),
      [&](const Arrived& arrived) { return arrived.bytes() == bytes; });
}

Url AbsentUrl(const TransportUnderTest& under_test) {
  return Node(under_test)->url();
}

Frame Text(absl::string_view bytes) { return Frame{Bytes::Copy(bytes), {}}; }

std::string Pattern(size_t size, int seed) {
  std::string bytes(size, '\0');
  uint32_t state = 2654435761u * static_cast<uint32_t>(seed + 1);
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

bool RunUntil(const std::vector<Node*>& nodes,
              const std::function<bool()>& condition, absl::Duration patience) {
  const absl::Time deadline = nodes[0]->Now() + patience;
  // Virtual time may stand still.
  const Clock::time_point give_up =
      Clock::now() + absl::ToChronoMilliseconds(kPatience);
  for (size_t turn = 0;; ++turn) {
    bool busy = false;
    for (Node* node : nodes) busy |= node->Poll();
    if (condition()) return true;
    if (nodes[0]->Now() >= deadline || Clock::now() >= give_up) return false;
    // The others have to be looked after too, hence the short time.
    if (!busy) (*nodes[turn % nodes.size()])->Wait(absl::Milliseconds(1));
  }
}

bool SendPatiently(Node& from, Pid to, const Frame& frame,
                   const std::vector<Node*>& others) {
  std::vector<Node*> nodes = others;
  nodes.push_back(&from);
  return RunUntil(nodes,
                  [&] { return from->Send(to, frame) == SendResult::kSent; });
}

void Link(Node& from, Pid as, Node& to) {
  ASSERT_TRUE(from->Connect({as, to->url()}).ok());
  const size_t before = to.frames.size();
  // Repeated, since a connection may fail just after it was made.
  absl::Time repeat = from.Now();
  ASSERT_TRUE(RunUntil({&from, &to},
                       [&] {
                         if (from.Now() >= repeat &&
                             from->Send(as, Text(kLinkFrame)) ==
                                 SendResult::kSent) {
                           repeat = from.Now() + absl::Seconds(1);
                         }
                         return to.CountOf(kLinkFrame) > 0;
                       }))
      << "no frame came through to " << to->url().ToString();
  ASSERT_GT(from.resets[as], 0) << "the first connection was not reported";
  to.frames.resize(before);
}

}  // namespace raft_cluster::internal
