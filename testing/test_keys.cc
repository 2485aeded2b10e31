#include "raft/testing/test_keys.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "raft/cluster/config/key_file.h"
#include "raft/transport/stream/tls/credentials.h"

namespace raft_cluster::internal {
namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::cerr << "TestKeys: " << what << std::endl;
  std::abort();
}

absl::StatusOr<KeyPair> NewTlsPair() {
  const absl::StatusOr<Secret> own = NewTlsCredentials();
  if (!own.ok()) return own.status();
  const absl::StatusOr<std::string> pin = TlsPinOf(*own);
  if (!pin.ok()) return pin.status();
  return KeyPair{*pin, *own};
}

}  // namespace

TestKeys::TestKeys(int servers, const std::string& scheme)
    : tls_(scheme == "tls"),
      folder_(absl::StrCat(std::filesystem::temp_directory_path().string(),
                           "/keysXXXXXX")) {
  if (mkdtemp(&folder_[0]) == nullptr) Fail("cannot make a folder");
  for (int i = 0; i < servers; ++i) Add();
}

TestKeys::~TestKeys() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

int TestKeys::Add() {
  const absl::StatusOr<KeyPair> pair = tls_ ? NewTlsPair() : NewKeyPair();
  if (!pair.ok()) Fail(pair.status().ToString());
  const int number = static_cast<int>(pairs_.size()) + 1;
  pairs_[number] = *pair;
  const absl::Status written =
      WriteKeyFile(file(number), pair->secret_key.text());
  if (!written.ok()) Fail(written.ToString());
  return number;
}

void TestKeys::Replace(int number, int by) const {
  std::error_code error;
  std::filesystem::copy_file(file(by), file(number),
                             std::filesystem::copy_options::overwrite_existing,
                             error);
  if (error) Fail(error.message());
}

void TestKeys::Remove(int number) const {
  std::error_code error;
  if (!std::filesystem::remove(file(number), error)) Fail(error.message());
}

std::string TestKeys::file(int number) const {
  return absl::StrCat(folder_, "/", number, ".key");
}

Config TestKeys::ListedIn(Config config) const {
  for (Config::Member& member : *config.mutable_object()->mutable_servers()) {
    member.add_keys(pair(member.mypid()).public_key);
  }
  return config;
}

LocalCluster::Setup WithKeys(LocalCluster::Setup setup,
                             std::shared_ptr<const TestKeys> keys) {
  setup.options = [keys, inner = setup.options](Pid pid) {
    Options options = inner(pid);
    options.key_file = keys->file(pid);
    return options;
  };
  setup.config_of = [keys, inner = setup.config_of](
                        Pid pid,
                        const Config& config) -> absl::StatusOr<Config> {
    absl::StatusOr<Config> inner_config = inner(pid, config);
    if (!inner_config.ok()) return inner_config;
    return keys->ListedIn(*std::move(inner_config));
  };
  return setup;
}

}  // namespace raft_cluster::internal
