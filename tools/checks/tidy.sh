#!/bin/bash
# clang-tidy over the sources of the product, with the checks of .clang-tidy:
#
#   tools/checks/tidy.sh [FOLDER...]
#
# Nearly all of its time goes to the headers of others, so the sources of a
# folder are looked at as one. Needs clang-tidy-14; ends with 1 if it finds
# anything.
set -u
cd "$(dirname -- "$0")/../.." || exit 1

folders=("$@")
[ "${#folders[@]}" -gt 0 ] ||
  folders=(base transport transport/{builtin,loopback,net,shm,zeromq} cluster
    cluster/{config,engine,link} status cmd cmd/{bench,top}
    examples/{consensus_ready,leader_election,udp})

./bazelw build //proto/... //cmd/top:cluster_status || exit 1  # For their headers.
# One source for each folder, and one for each program, as there can be but one
# main().
units=$(mktemp -d) || exit 1
trap 'rm -rf "$units"' EXIT
mkdir "$units/include" && ln -s "$PWD" "$units/include/raft"
bin=$(./bazelw info bazel-bin)
flags=(-std=c++17 -I. "-I$units/include" "-I$bin/proto/proto_generated"
  "-I$bin/proto/wire/wire_generated" -isystem "$bin/cmd/top/cluster_status_generated")
for source in $(find "${folders[@]}" -maxdepth 1 -name '*.cc' ! -name '*_test.cc' \
  ! -name 'testing_*' | sort); do
  unit=${source%/*}
  grep -q '^int main(' "$source" && unit=$source
  echo "#include \"$source\"" >>"$units/${unit//[\/.]/_}.cc"
done
echo "$(cat "$units"/*.cc | wc -l) sources"

find "$units" -maxdepth 1 -name '*.cc' -print0 |
  xargs -0 -P "$(nproc)" -I UNIT clang-tidy-14 --quiet \
    "--config-file=$PWD/.clang-tidy" UNIT -- "${flags[@]}" \
    2> >(grep -v ' warnings\? generated\|^$' >&2)
