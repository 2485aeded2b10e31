// Keys for the servers of a test, in files that are removed with them.
//
//   auto keys = std::make_shared<TestKeys>(5);
//   LocalCluster cluster(5, "tcp", WithKeys(setup, keys));
//
// Thread rule: const methods from any thread.
#ifndef RAFT_TESTING_TEST_KEYS_H_
#define RAFT_TESTING_TEST_KEYS_H_

#include <map>
#include <memory>
#include <string>

#include "raft/cluster/config.h"
#include "raft/testing/local_cluster.h"
#include "raft/transport/zeromq/keys.h"

namespace raft_cluster::internal {

class TestKeys {
 public:
  // A pair for each pid from 1 to `servers`: for tcp://, or for tls://.
  explicit TestKeys(int servers, const std::string& scheme = "tcp");
  ~TestKeys();
  TestKeys(const TestKeys&) = delete;
  TestKeys& operator=(const TestKeys&) = delete;

  // One more pair, of nobody; its number can be used as a pid's.
  int Add();

  // Writes the secret of another one into the file of this one.
  void Replace(int number, int by) const;
  void Remove(int number) const;  // The file.

  const KeyPair& pair(int number) const { return pairs_.at(number); }
  // Where the secret is.
  std::string file(int number) const;
  // `config` with the key of each of its servers.
  Config ListedIn(Config config) const;

 private:
  const bool tls_;
  std::string folder_;
  std::map<int, KeyPair> pairs_;
};

// `setup`, and every server has its keys. They are shared with the cluster,
// which they have to outlive.
LocalCluster::Setup WithKeys(LocalCluster::Setup setup,
                             std::shared_ptr<const TestKeys> keys);

}  // namespace raft_cluster::internal

#endif  // RAFT_TESTING_TEST_KEYS_H_
