#!/bin/bash
# What ./bazelw does on a Debian machine of its own making, where a package is
# installed if its name is a file in $installed. The arguments are the packages
# that the build's own table names.
set -eu

bazelw=$PWD/bazelw
table=$(printf '%s\n' "$@" | sort)
bin=$TEST_TMPDIR/bin
installed=$TEST_TMPDIR/installed
log=$TEST_TMPDIR/log
cases=0
programs=$(command -v env id)
untouched=$(cksum $programs)

fake() {  # NAME SCRIPT
  # What is there may be a link: to write through it would be to replace the
  # machine's own program.
  rm -f "$bin/$1"
  printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
  chmod +x "$bin/$1"
}

fail() {
  echo "FAILED: $*"
  cat "$log" "$TEST_TMPDIR/said" 2>/dev/null
  exit 1
}

# A machine that has the named programs and, of Debian's packages, none.
machine() {
  rm -rf "$bin" "$installed" "$log"
  mkdir "$bin" "$installed"
  : >"$log"
  for program in cat dirname env readlink sed sh tr; do
    ln -s "$(command -v "$program")" "$bin/"
  done
  fake dpkg-query "for last; do :; done
    [ -e '$installed'/\"\$last\" ] && printf installed"
  fake apt-get "echo apt-get \"\$@\" >>'$log'"
  fake id 'echo 0'
  for program in "$@"; do
    fake "$program" "echo $program \"\$@\" >>'$log'"
  done
}

run() {
  PATH=$bin "$bazelw" "$@" >"$TEST_TMPDIR/said" 2>&1
}

missing() {
  sed -n 's/^bazelw: missing: //p' "$TEST_TMPDIR/said" | tr ' ' '\n' | sed '/^$/d' | sort
}

# Every package of the table is missed on a machine that has none, and the tools.
machine
! run --check || fail "--check is content with an empty machine"
expected=$(printf '%s\n' "$table" bazel-bootstrap g++ patch pkg-config | sort)
[ "$(missing)" = "$expected" ] || fail "missing is not what the table says: $expected"
[ ! -s "$log" ] || fail "--check installs"
cases=$((cases + 1))

# One package that lacks is the one that is named.
machine bazel g++ patch pkg-config
for package in $table; do : >"$installed/$package"; done
rm "$installed/libzmq3-dev"
! run --check || fail "--check overlooks a package"
[ "$(missing)" = libzmq3-dev ] || fail "one package is missing"
cases=$((cases + 1))

# It is installed, and nothing else; then Bazel gets the arguments as they are.
run test //... '--test_arg=two words' || fail "exit code $?"
[ "$(cat "$log")" = "apt-get -q update
apt-get -q install -y --no-install-recommends libzmq3-dev
bazel test //... --test_arg=two words" ] || fail "not these commands"
cases=$((cases + 1))

# Where all is there, apt is not called.
: >"$installed/libzmq3-dev"
: >"$log"
run --check || fail "--check is not content"
run build //cluster || fail "exit code $?"
[ "$(cat "$log")" = "bazel build //cluster" ] || fail "not this command"
cases=$((cases + 1))

# A package that apt cannot install ends it before Bazel runs.
rm "$installed/libzmq3-dev"
: >"$log"
fake apt-get 'exit 100'
! run build //cluster || fail "apt's failure is ignored"
[ ! -s "$log" ] || fail "Bazel runs all the same"
cases=$((cases + 1))

# Neither root nor sudo: it says what root would have to do.
fake id 'echo 1000'
! run build //cluster || fail "it cannot have installed anything"
grep -q 'apt-get install libzmq3-dev' "$TEST_TMPDIR/said" || fail "no advice"
cases=$((cases + 1))

# With sudo, it is asked.
: >"$log"
fake sudo "echo sudo \"\$@\" >>'$log'"
run build //cluster || fail "exit code $?"
[ "$(sed -n 1p "$log")" = "sudo env apt-get -q update" ] || fail "sudo is not asked"
cases=$((cases + 1))

# Without dpkg, Bazel is asked at once.
rm "$bin/dpkg-query"
: >"$log"
run build //cluster || fail "exit code $?"
[ "$(cat "$log")" = "bazel build //cluster" ] || fail "not this command"
cases=$((cases + 1))

# The machine's own programs are as they were.
[ "$(cksum $programs)" = "$untouched" ] || fail "it replaced $programs"
cases=$((cases + 1))

echo "$cases cases passed"
