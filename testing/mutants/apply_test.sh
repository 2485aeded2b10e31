#!/bin/bash
# Patches a file of four lines: what fits gets applied and listed; what does not
# fit exactly, is not guarded, says no rule, or leaves a source as it was, fails.
set -eu

apply=$PWD/testing/mutants/apply.sh
cases=0
cd "$TEST_TMPDIR"
mkdir -p src
printf '%s\n' one two three four >src/a.cc
printf '%s\n' one >src/b.cc

fail() {
  echo "FAILED: $*"
  cat said
  exit 1
}

# patch_of NAME OLD NEW: one that replaces a line, with those around it.
patch_of() {
  printf '%s\n' '# The rule: a "quoted"' '# one.' '--- a/src/a.cc' \
    '+++ b/src/a.cc' '@@ -1,3 +1,3 @@' ' one' "-$2" "+$3" ' three' >"$1.patch"
}

run() {
  "$apply" kList out out.h "$@" >said 2>&1
}

# refused WORDS ARGUMENTS...: it fails, and says these words.
refused() {
  local words=$1
  shift
  ! run "$@" || fail "it is content with: $words"
  grep -q -- "$words" said || fail "it does not say: $words"
  cases=$((cases + 1))
}

patch_of good two 'MutantIs("good")'
run good.patch -- src/a.cc || fail "a good patch"
[ "$(cat out/a.cc)" = '#include "raft/testing/mutants/mutant.h"
one
MutantIs("good")
three
four' ] || fail "not the copy that it should be: $(cat out/a.cc)"
[ "$(cat src/a.cc)" = "$(printf '%s\n' one two three four)" ] ||
  fail "the source itself is changed"
grep -q 'Mutant kList\[\] = {' out.h || fail "the list has another name"
grep -qF '"The rule: a \"quoted\" one."' out.h || fail "$(cat out.h)"
cases=$((cases + 1))

# Lines may have moved.
printf '%s\n' zero one two three four >src/a.cc
run good.patch -- src/a.cc || fail "a patch whose lines have moved"
cases=$((cases + 1))

# A line that is changed has become another one, or one beside it has.
printf '%s\n' one 2 three four >src/a.cc
refused 'does not apply' good.patch -- src/a.cc
printf '%s\n' one two 3 four >src/a.cc
refused 'does not apply' good.patch -- src/a.cc
printf '%s\n' one two three four >src/a.cc

refused 'does not apply' good.patch good.patch -- src/a.cc
refused 'does not apply' good.patch -- src/b.cc
refused 'no patch is for src/b.cc' good.patch -- src/a.cc src/b.cc
refused 'no patches' -- src/a.cc

patch_of unguarded two 2
refused 'guarded by nothing' unguarded.patch -- src/a.cc
patch_of another two 'MutantIs("good")'
refused 'not by MutantIs("another")' another.patch -- src/a.cc
mkdir silent
sed '1,2d' good.patch >silent/good.patch
refused 'does not say the rule' silent/good.patch -- src/a.cc

echo "$cases cases passed"
