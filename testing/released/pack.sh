#!/bin/bash
# Makes the archive of a release that later ones are run against:
#
#   testing/released/pack.sh COMMIT
set -eu
cd "$(dirname -- "$0")/../.."
commit=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git archive "$commit" base proto transport cluster status cmd tools/rules \
  tools/deps BUILD.bazel WORKSPACE | tar -x -C "$tree"
rm -rf "$tree"/cmd/bench "$tree"/cmd/top "$tree"/cluster/link/golden
find "$tree" \( -name '*_test.cc' -o -name 'testing_*' -o -name '*.sh' \) -delete
tar --sort=name --owner=0 --group=0 --mtime="$(git log -1 --format=%cI "$commit")" \
  -C "$tree" -c . | gzip -9n >testing/released/raft.tar.gz
