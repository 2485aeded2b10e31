#!/bin/bash
# Copies sources and applies patches to the copies; see mutants.bzl:
#
#   apply.sh LIST FOLDER HEADER PATCH... -- SOURCE...
#
# The copies are put into FOLDER, and the list of the patches, named LIST, into
# HEADER. Ends with 1, and says why, where anything is not as it should be.
set -eu

list=$1 folder=$2 header=$3
shift 3

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

fail() {
  printf 'mutants: %s\n' "$*" >&2
  exit 1
}

# The rule that a patch takes out: the comment before it, as one line.
rule_of() {
  sed -n '/^# /!q; s/^# //p' "$1" | tr '\n' ' ' | sed 's/ $//; s/["\\]/\\&/g'
}

patches=()
while [ "$1" != -- ]; do
  patches+=("$1")
  shift
done
shift
[ "${#patches[@]}" -gt 0 ] || fail "there are no patches"

# Also where this repository is another one's: external/NAME/cluster/...
for source; do
  copy=$tree/${source#external/*/}
  mkdir -p "$(dirname "$copy")"
  cp "$source" "$copy"
  chmod u+w "$copy"
done

mutants=
for patch in "${patches[@]}"; do
  name=$(basename "$patch" .patch)
  rule=$(rule_of "$patch")
  [ -n "$rule" ] || fail "$patch: its first line does not say the rule: # ..."
  used=$(grep '^+' "$patch" | grep -o 'MutantIs("[^"]*")' | sort -u)
  [ "$used" = "MutantIs(\"$name\")" ] ||
    fail "$patch: is guarded by ${used:-nothing}, not by MutantIs(\"$name\")"
  said=$(patch --strip=1 --fuzz=0 --batch --forward --no-backup-if-mismatch \
    --directory="$tree" <"$patch" 2>&1) ||
    fail "$patch does not apply: $said"
  mutants+="    {\"$name\",
     \"$rule\"},
"
done

mkdir -p "$folder"
for source; do
  copy=$tree/${source#external/*/}
  ! cmp -s "$source" "$copy" || fail "no patch is for $source"
  {
    printf '#include "raft/testing/mutants/mutant.h"\n'
    cat "$copy"
  } >"$folder/$(basename "$source")"
done

cat >"$header" <<END
// Made by apply.sh.
#pragma once

#include "raft/testing/mutants/mutant.h"

namespace raft_cluster::internal {

inline constexpr Mutant $list[] = {
$mutants};

}  // namespace raft_cluster::internal
END
