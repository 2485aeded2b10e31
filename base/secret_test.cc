#include "raft/base/secret.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

// Looked for where the object was, since a short text lies within it.
bool IsIn(const unsigned char (&memory)[sizeof(Secret)], const char* text) {
  return memmem(memory, sizeof(memory), text, std::strlen(text)) != nullptr;
}

TEST(Secret, LeavesNothingBehind) {
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  auto* const secret = new (memory) Secret(std::string("0123456789"));
  EXPECT_EQ(secret->text(), "0123456789");
  EXPECT_TRUE(IsIn(memory, "123456789"));
  secret->~Secret();
  EXPECT_FALSE(IsIn(memory, "123456789"));
}

TEST(Secret, LeavesNothingWhereItWasMovedFromOrOverwritten) {
  alignas(Secret) unsigned char memory[sizeof(Secret)];
  auto* const secret = new (memory) Secret(std::string("0123456789"));
  Secret other(std::move(*secret));
  EXPECT_EQ(other.text(), "0123456789");
  EXPECT_FALSE(IsIn(memory, "123456789"));

  *secret = other;
  EXPECT_EQ(secret->text(), "0123456789");
  *secret = Secret(std::string("a"));
  EXPECT_EQ(secret->text(), "a");
  EXPECT_FALSE(IsIn(memory, "123456789"));
  secret->~Secret();
}

TEST(Secret, IsAValue) {
  Secret one(std::string(100, 'x'));
  Secret two = one;
  EXPECT_EQ(two.text(), one.text());
  one.clear();
  EXPECT_TRUE(one.empty());
  EXPECT_EQ(two.text().size(), 100u);
  two = *&two;
  EXPECT_EQ(two.text().size(), 100u);
}

}  // namespace
}  // namespace raft_cluster::internal
