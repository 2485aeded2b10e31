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
  folders=(transport transport/loopback transport/zeromq cluster cluster/link
    cmd cmd/bench examples/leader_election)

./bazelw build //proto/... || exit 1  # For their headers.
flags=(-std=c++17 -I. "-I$(./bazelw info bazel-bin)"
  "-I$(./bazelw info output_base)/external/bazel_tools")

all=$(mktemp --suffix=.cc) || exit 1
trap 'rm -f "$all"' EXIT
code=0
look_at() {  # SOURCE...
  printf '#include "%s"\n' "$@" >"$all"
  clang-tidy-14 --quiet "--config-file=$PWD/.clang-tidy" "$all" -- \
    "${flags[@]}" 2> >(grep -v ' warnings\? generated\|^$' >&2) || code=1
}

for folder in "${folders[@]}"; do
  # mutant.cc is of the tests' builds alone, and contradicts the header else.
  mapfile -t sources < <(find "$folder" -maxdepth 1 -name '*.cc' \
    ! -name '*_test.cc' ! -name 'testing_*' ! -name mutant.cc | sort)
  echo "$folder: ${#sources[@]} sources"
  mapfile -t programs < <(grep -l '^int main(' "${sources[@]}")
  mapfile -t library < <(grep -L '^int main(' "${sources[@]}")
  for program in "${programs[@]}"; do look_at "$program"; done
  [ "${#library[@]}" = 0 ] || look_at "${library[@]}"
done
exit "$code"
