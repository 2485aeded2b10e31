// A text that nobody else should see, such as a key: it is overwritten when it
// goes, so that it stays in no memory that is given back.
//
//   raft_cluster::Secret secret(std::string("for nobody else"));
//
// Thread rule: a value.
#ifndef RAFT_BASE_SECRET_H_
#define RAFT_BASE_SECRET_H_

#include <string.h>

#include <string>

#include "raft/base/pid.h"

namespace raft_cluster {

class Secret {
 public:
  Secret() = default;
  Secret(const std::string& text) : text_(text) {}  // NOLINT: a value.
  ~Secret() { clear(); }
  Secret(const Secret& other) = default;
  // A copy, and then the original is overwritten: a short text stands in the
  // string itself, where to move the string would leave it behind.
  Secret(Secret&& other) noexcept : Secret(other.text_) { other.clear(); }
  Secret& operator=(const Secret& other) {
    if (this == &other) return *this;
    clear();
    text_ = other.text_;
    return *this;
  }

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

  // In a way that the optimizer does not leave out.
  void clear() {
    if (!text_.empty()) explicit_bzero(&text_[0], text_.size());
    text_.clear();
  }

 private:
  std::string text_;
};

}  // namespace raft_cluster

#endif  // RAFT_BASE_SECRET_H_
