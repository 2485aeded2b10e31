// Keys as a user makes and uses them: keygen, the config, --key_file.
#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "raft/testing/local_addresses.h"
#include "raft/testing/programs/program_cluster.h"

namespace raft_cluster::internal {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

std::unique_ptr<Process> RunWith(const std::string& program,
                                 const std::vector<std::string>& arguments) {
  Process::Spec spec;
  spec.arguments = arguments;
  return StartProgram(program, std::move(spec));
}

std::string Content(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

TEST(Keygen, WritesTheSecretAndPrintsWhatTheConfigWants) {
  const std::string path = absl::StrCat(MakeTestFolder(), "/one.key");
  const auto keygen = RunWith("keygen", {path});
  EXPECT_EQ(keygen->WaitForExit(kPatience), 0);
  const auto line = keygen->ReadLine(kPatience);
  ASSERT_TRUE(line.has_value());
  EXPECT_THAT(*line, StartsWith("\"keys\": [\""));
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const std::string secret = Content(path);
  EXPECT_EQ(secret.size(), 41u);

  const auto again = RunWith("keygen", {path});
  EXPECT_EQ(again->WaitForExit(kPatience), 1);
  EXPECT_THAT(again->errors(), HasSubstr("never overwritten"));
  EXPECT_EQ(Content(path), secret);
}

TEST(Keygen, PrintsThePublicHalfOfASecretAgain) {
  const std::string path = absl::StrCat(MakeTestFolder(), "/one.key");
  const auto keygen = RunWith("keygen", {path});
  const auto line = keygen->ReadLine(kPatience);
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(keygen->WaitForExit(kPatience), 0);
  const auto again = RunWith("keygen", {"--public", path});
  EXPECT_EQ(again->ReadLine(kPatience), line);
  EXPECT_EQ(again->WaitForExit(kPatience), 0);

  const auto nothing = RunWith("keygen", {"--public", path + "s"});
  EXPECT_EQ(nothing->WaitForExit(kPatience), 1);
  EXPECT_THAT(nothing->errors(), HasSubstr("No such file"));
}

TEST(Keygen, WritesAKeyAndACertificateForTls) {
  const std::string path = absl::StrCat(MakeTestFolder(), "/one.pem");
  const auto keygen = RunWith("keygen", {"--tls", path});
  EXPECT_EQ(keygen->WaitForExit(kPatience), 0) << keygen->errors();
  const auto line = keygen->ReadLine(kPatience);
  ASSERT_TRUE(line.has_value());
  EXPECT_THAT(*line, MatchesRegex("\"keys\": \\[\"sha256:[0-9a-f]{64}\"\\]"));
  struct stat info;
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const std::string secret = Content(path);
  EXPECT_THAT(secret, HasSubstr("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_THAT(secret, HasSubstr("-----BEGIN CERTIFICATE-----\n"));

  const auto again = RunWith("keygen", {"--public", path});
  EXPECT_EQ(again->ReadLine(kPatience), line);
  EXPECT_EQ(again->WaitForExit(kPatience), 0);
  const auto over = RunWith("keygen", {"--tls", path});
  EXPECT_EQ(over->WaitForExit(kPatience), 1);
  EXPECT_EQ(Content(path), secret);
}

TEST(Keygen, WantsOneFile) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{}, {"a", "b"}, {"--nonsense"}}) {
    const auto keygen = RunWith("keygen", arguments);
    EXPECT_EQ(keygen->WaitForExit(kPatience), 2);
    EXPECT_THAT(keygen->errors(), HasSubstr("Usage: keygen FILE"));
  }
}

TEST(Servers, WithTheKeysOfTheConfigTalkAndOthersAreSaidToBeRefused) {
  const std::string folder = MakeTestFolder();
  const LocalAddresses addresses = LocalAddresses::Pick("tcp", 2).value();
  std::string servers;
  std::string without;
  for (int pid : {1, 2}) {
    const auto keygen =
        RunWith("keygen", {absl::StrCat(folder, "/", pid, ".key")});
    ASSERT_EQ(keygen->WaitForExit(kPatience), 0);
    const std::string entry =
        absl::StrCat(pid == 1 ? "" : ", ", "{\"mypid\": ", pid, ", \"url\": \"",
                     addresses.urls()[pid - 1], "\"");
    absl::StrAppend(&servers, entry, ", ", *keygen->ReadLine(kPatience), "}");
    absl::StrAppend(&without, entry, "}");
  }
  const auto config = [](const std::string& entries) {
    return absl::StrCat(
        "--config=", WriteTestFile(absl::StrCat("{\"object\": {\"total\": 2, "
                                                "\"Servers\": [",
                                                entries, "]}}")));
  };
  const auto one =
      RunWith("server", {"--pid=1", config(servers),
                         absl::StrCat("--key_file=", folder, "/1.key")});
  {
    const auto stranger = RunWith("server", {"--pid=2", config(without)});
    EXPECT_TRUE(one->WaitForError("HANDSHAKE, from 127.", kPatience))
        << one->errors();
    EXPECT_TRUE(one->WaitForError("only one of the two has keys", kPatience))
        << one->errors();
    EXPECT_TRUE(stranger->WaitForError("HANDSHAKE, server 1", kPatience))
        << stranger->errors();
    EXPECT_TRUE(stranger->WaitForError("it has keys, and this server has none",
                                       kPatience))
        << stranger->errors();
  }
  // All of them in one process, while no address is in use, are told where
  // the keys are; or told how, if not.
  const auto unsaid = RunWith("local_cluster", {config(servers)});
  EXPECT_EQ(unsaid->WaitForExit(kPatience), 2);
  EXPECT_THAT(unsaid->errors(), HasSubstr("--key_folder"));
  const auto in_memory =
      RunWith("local_cluster", {config(servers), "--transport=loopback"});
  EXPECT_EQ(in_memory->WaitForExit(kPatience), 0) << in_memory->errors();
  const auto two =
      RunWith("server", {"--pid=2", config(servers),
                         absl::StrCat("--key_file=", folder, "/2.key")});
  EXPECT_EQ(one->ReadLine(kPatience), "2 -> 1: hello there");
  EXPECT_EQ(two->ReadLine(kPatience), "1 -> 2: hello there");
  // One who forgot it is told so, and what to do.
  const auto forgetful = RunWith("server", {"--pid=2", config(servers)});
  EXPECT_EQ(forgetful->WaitForExit(kPatience), 2);
  EXPECT_THAT(forgetful->errors(), HasSubstr("--key_file"));
  EXPECT_THAT(forgetful->errors(), Not(HasSubstr("Options")));
  for (const auto* server : {&one, &two}) (*server)->Signal(SIGTERM);
  EXPECT_EQ(one->WaitForExit(kPatience), 0);
  EXPECT_EQ(two->WaitForExit(kPatience), 0);
  const auto all =
      RunWith("local_cluster", {config(servers), "--key_folder", folder});
  EXPECT_EQ(all->WaitForExit(kPatience), 0) << all->errors();
}

// A pair of keys for `name`.key; the public half, as the config wants it.
std::string MakeKey(const std::string& folder, const std::string& name) {
  const auto keygen =
      RunWith("keygen", {absl::StrCat(folder, "/", name, ".key")});
  EXPECT_EQ(keygen->WaitForExit(kPatience), 0);
  const std::string line = keygen->ReadLine(kPatience).value();
  return line.substr(sizeof("\"keys\": [") - 1,
                     line.size() - sizeof("\"keys\": []") + 1);
}

void ExpectTalk(Process& one, Process& two, const std::string& what) {
  ASSERT_TRUE(one.Write(absl::StrCat("2: ", what, "\n"), kPatience));
  ASSERT_TRUE(two.Write(absl::StrCat("1: ", what, "\n"), kPatience));
  EXPECT_EQ(two.ReadLine(kPatience), absl::StrCat("1 -> 2: ", what))
      << two.errors();
  EXPECT_EQ(one.ReadLine(kPatience), absl::StrCat("2 -> 1: ", what))
      << one.errors();
}

// As SECURITY.md has it; nobody is started anew.
TEST(Servers, ChangeAKeyInThreeReloads) {
  const std::string folder = MakeTestFolder();
  const LocalAddresses addresses = LocalAddresses::Pick("tcp", 2).value();
  const std::string former = MakeKey(folder, "1");
  const std::string next = MakeKey(folder, "1-next");
  const std::string other = MakeKey(folder, "2");
  const auto content = [&](const std::string& keys) {
    return absl::StrCat(
        "{\"object\": {\"total\": 2, \"Servers\": [{\"mypid\": 1, \"url\": \"",
        addresses.urls()[0], "\", \"keys\": [", keys,
        "]}, {\"mypid\": 2, \"url\": \"", addresses.urls()[1],
        "\", \"keys\": [", other, "]}]}}");
  };
  const std::string path = WriteTestFile(content(former));
  const auto start = [&](int pid) {
    return RunWith(
        "server",
        {absl::StrCat("--pid=", pid), "--config=" + path,
         absl::StrCat("--key_file=", folder, "/", pid, ".key"), "--message="});
  };
  const auto one = start(1);
  const auto two = start(2);
  ExpectTalk(*one, *two, "with the former key");

  std::ofstream(path) << content(absl::StrCat(former, ", ", next));
  one->Signal(SIGHUP);
  two->Signal(SIGHUP);
  EXPECT_TRUE(
      one->WaitForError("reload 1: other keys for this server", kPatience))
      << one->errors();
  EXPECT_TRUE(two->WaitForError("reload 1: other keys for 1", kPatience))
      << two->errors();
  ExpectTalk(*one, *two, "with both");

  ASSERT_EQ(rename(absl::StrCat(folder, "/1-next.key").c_str(),
                   absl::StrCat(folder, "/1.key").c_str()),
            0);
  one->Signal(SIGHUP);
  EXPECT_TRUE(
      one->WaitForError("reload 2: other keys for this server", kPatience))
      << one->errors();
  ExpectTalk(*one, *two, "with the next one's secret");

  std::ofstream(path) << content(next);
  one->Signal(SIGHUP);
  two->Signal(SIGHUP);
  EXPECT_TRUE(
      one->WaitForError("reload 3: other keys for this server", kPatience))
      << one->errors();
  EXPECT_TRUE(two->WaitForError("reload 2: other keys for 1", kPatience))
      << two->errors();
  ExpectTalk(*one, *two, "with the next key");

  // A secret that the config does not list changes nothing.
  MakeKey(folder, "stray");
  ASSERT_EQ(rename(absl::StrCat(folder, "/stray.key").c_str(),
                   absl::StrCat(folder, "/1.key").c_str()),
            0);
  one->Signal(SIGHUP);
  EXPECT_TRUE(one->WaitForError("not reloaded: ", kPatience)) << one->errors();
  EXPECT_THAT(one->errors(), HasSubstr("is not listed for server 1"));
  ExpectTalk(*one, *two, "as before");
}

}  // namespace
}  // namespace raft_cluster::internal
