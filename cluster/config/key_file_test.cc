#include "raft/cluster/config/key_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;

class KeyFile : public testing::Test {
 protected:
  KeyFile() {
    std::string folder = absl::StrCat(testing::TempDir(), "/XXXXXX");
    EXPECT_NE(mkdtemp(&folder[0]), nullptr);
    path_ = absl::StrCat(folder, "/one.key");
  }

  void Fill(const std::string& content) {
    std::ofstream(path_) << content;
    ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  }
  void ExpectUnfit(const std::string& why) {
    const absl::Status status = ReadKeyFile(path_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }

  std::string path_;
};

TEST_F(KeyFile, IsForItsOwnerAlone) {
  const mode_t before = umask(0);
  EXPECT_TRUE(WriteKeyFile(path_, "secret").ok());
  umask(before);
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(ReadKeyFile(path_).value().text(), "secret");
}

TEST_F(KeyFile, IsNeverOverwritten) {
  ASSERT_TRUE(WriteKeyFile(path_, "first").ok());
  EXPECT_EQ(WriteKeyFile(path_, "second").code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadKeyFile(path_).value().text(), "first");
  EXPECT_FALSE(WriteKeyFile(absl::StrCat(path_, "/no"), "x").ok());
}

TEST_F(KeyFile, ThatOthersMayReadIsRefused) {
  ASSERT_TRUE(WriteKeyFile(path_, "secret").ok());
  for (const mode_t mode : {0640, 0620, 0604, 0602, 0644, 0610}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    ExpectUnfit("chmod 600");
  }
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  EXPECT_TRUE(ReadKeyFile(path_).ok());
}

TEST_F(KeyFile, OfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_TRUE(WriteKeyFile(path_, "secret").ok());
  ASSERT_EQ(chown(path_.c_str(), 65534, 65534), 0);
  ExpectUnfit("belongs to another user (uid 65534, while");
}

TEST_F(KeyFile, OfRootMayBeACredentialOfSystemd) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  ASSERT_TRUE(WriteKeyFile(path_, "secret").ok());
  ASSERT_EQ(chmod(path_.c_str(), 0440), 0);
  ExpectUnfit("chmod 600");
  const std::string folder = path_.substr(0, path_.rfind('/'));
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1), 0);
  EXPECT_TRUE(ReadKeyFile(path_).ok());
  for (const mode_t mode : {0640, 0460, 0444, 0450}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    ExpectUnfit("chmod 600");
  }
  ASSERT_EQ(chmod(path_.c_str(), 0440), 0);
  ASSERT_EQ(chown(path_.c_str(), 65534, 65534), 0);
  ExpectUnfit("chmod 600");
  ASSERT_EQ(chown(path_.c_str(), 0, 0), 0);
  // In a folder below, or beside it with the same beginning.
  for (const size_t less : {folder.size() - folder.rfind('/'), size_t{1}}) {
    const std::string other = folder.substr(0, folder.size() - less);
    ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", other.c_str(), 1), 0);
    ExpectUnfit("chmod 600");
  }
  ASSERT_EQ(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

// The service's user is another than the owner; here its group lets it read.
TEST_F(KeyFile, OfRootMayBeACredentialOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make one";
  char folder[] = "/tmp/raft-key-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  path_ = absl::StrCat(folder, "/one.key");
  ASSERT_TRUE(WriteKeyFile(path_, "secret").ok());
  ASSERT_EQ(chown(path_.c_str(), 0, 65534), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0440), 0);
  ASSERT_EQ(chmod(folder, 0755), 0);
  ASSERT_EQ(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
  ASSERT_EQ(setegid(65534), 0);
  ASSERT_EQ(seteuid(65534), 0);
  const absl::Status status = ReadKeyFile(path_).status();
  EXPECT_EQ(seteuid(0), 0);
  EXPECT_EQ(setegid(0), 0);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(unsetenv("CREDENTIALS_DIRECTORY"), 0);
  unlink(path_.c_str());
  rmdir(folder);
}

TEST_F(KeyFile, MayHoldPem) {
  const std::string pem =
      "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----";
  ASSERT_TRUE(WriteKeyFile(path_, pem).ok());
  EXPECT_EQ(ReadKeyFile(path_).value().text(), pem);
}

TEST_F(KeyFile, OfACaMayBeReadByAll) {
  const std::string pem =
      "-----BEGIN CERTIFICATE-----\none\n-----END CERTIFICATE-----\n";
  Fill(pem);
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_EQ(ReadCaFile(path_).value(), pem);
}

TEST_F(KeyFile, OfACaHoldsCertificates) {
  const auto expect = [this](const std::string& why) {
    const absl::Status status = ReadCaFile(path_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("CA file"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  };
  expect("No such file");
  Fill("nonsense");
  expect("no certificates");
  path_ = testing::TempDir();
  expect("is no file");
}

TEST_F(KeyFile, HoldsOneLine) {
  Fill(" \tsecret \r\n\n");
  EXPECT_EQ(ReadKeyFile(path_).value().text(), "secret");
  for (const std::string& content :
       {std::string(), std::string("\n \n"), std::string("one\ntwo\n"),
        std::string(100000, 'x')}) {
    Fill(content);
    ExpectUnfit("one line");
  }
}

TEST_F(KeyFile, ThatIsNoneIsRefused) {
  ExpectUnfit("No such file");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  ExpectUnfit("is no file");
  path_ = testing::TempDir();
  ExpectUnfit("is no file");
}

}  // namespace
}  // namespace raft_cluster::internal
