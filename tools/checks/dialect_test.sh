#!/bin/bash
# Compiles each public header, as far as the preprocessor goes, in a dialect that
# is too old, and looks for the words that say so.
set -u

words='raft needs C++17'
root=$(dirname -- "$(readlink -f -- WORKSPACE)")
include=$TEST_TMPDIR/include
mkdir -p "$include" && ln -s "$root" "$include/raft"
compiler=${CC:-cc}
headers=0

preprocess() {  # DIALECT HEADER
  printf '#include "raft/%s"\n' "$2" |
    "$compiler" -E -x c++ "-std=$1" "-I$include" - 2>&1 >/dev/null
}

while read -r header; do
  headers=$((headers + 1))
  if ! preprocess c++14 "$header" | grep -qF "$words"; then
    echo "FAILED: with -std=c++14 $header does not say \"$words\""
    exit 1
  fi
  if preprocess c++17 "$header" | grep -F "$words"; then
    echo "FAILED: $header says so with -std=c++17"
    exit 1
  fi
done <"$1"
[ "$headers" -gt 10 ] || { echo "FAILED: $headers headers"; exit 1; }
