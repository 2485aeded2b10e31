#!/bin/bash
# Builds and tests the project on bare Debian systems, and prints what came of
# it:
#
#   tools/portability/portability.sh [--roots=FOLDER] [SYSTEM...]
#
# SYSTEM is bookworm (Debian 12), trixie (13) or sid (unstable); all three if
# none is named. Each gets a root of its own below FOLDER (made by debootstrap,
# kept for the next time), into which the commit that is checked out is copied.
# On sid it is built as a WORKSPACE and as a module. TARGETS in the environment
# replaces what is tested.
#
# Needs root, debootstrap and Debian's packages. Ends with 1 if anything failed.
set -u
cd "$(dirname -- "$0")/../.." || exit 1

roots=${TMPDIR:-/tmp}/raft-portability
targets=${TARGETS:-//base/... //proto/... //transport/... //cluster/... //status/...
  //cmd/... //tools/... //examples/...}
# In one line, as it becomes part of a command.
targets=${targets//$'\n'/ }
systems=()
for argument in "$@"; do
  case $argument in
    --roots=*) roots=${argument#--roots=} ;;
    -*)
      sed -n '2,14s/^# \?//p' "$0"
      exit 2
      ;;
    *) systems+=("$argument") ;;
  esac
done
[ "${#systems[@]}" -gt 0 ] || systems=(bookworm trixie sid)

say() {
  printf 'portability: %s\n' "$*" >&2
}

[ "$(id -u)" = 0 ] || {
  say "needs root, for debootstrap and chroot"
  exit 1
}
command -v debootstrap >/dev/null || {
  say "needs debootstrap: apt-get install debootstrap"
  exit 1
}

# The mirror that this machine's own apt uses.
mirror=${MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
  sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' |
  grep '/debian/\?$' | head -n 1)}
[ -n "$mirror" ] || {
  say "no mirror in /etc/apt; give one as MIRROR"
  exit 1
}

mounted=()
unmount() {
  local point
  for point in "${mounted[@]}"; do umount "$point"; done
  mounted=()
}
trap unmount EXIT

prepare() {  # SYSTEM ROOT
  local system=$1 root=$2 point
  if [ ! -e "$root/etc/debian_version" ]; then
    say "making $root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=ca-certificates "$system" "$root" \
      "$mirror" >"$root.log" 2>&1 || {
      say "debootstrap failed: see $root.log"
      return 1
    }
  fi
  cp /etc/resolv.conf "$root/etc/"
  # A mirror may be frozen: then its lists are older than they claim to be good.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99frozen"
  for point in proc dev; do
    mount --bind "/$point" "$root/$point" || return 1
    mounted=("$root/$point" "${mounted[@]}")
  done
  rm -rf "$root/src"
  mkdir "$root/src"
  git archive HEAD | tar -x -C "$root/src"
}

inside() {  # ROOT COMMAND
  chroot "$1" /bin/sh -c "$2"
}

# A server of Bazel's that is left behind would keep what is mounted busy.
end_servers() {  # ROOT
  local folder
  for folder in /src /src/examples/colliding; do
    inside "$1" "cd $folder && /src/bazelw shutdown" >/dev/null 2>&1
  done
}

# Modules without a registry: those that Debian has as packages, and empty ones
# for what Bazel names but C++ does not need.
module_options() {  # ROOT
  inside "$1" '
    mkdir -p /mocks && cd /mocks || exit 1
    for name in apple_support protobuf buildozer zlib; do
      mkdir -p $name
      echo "module(name = \"$name\")" >$name/MODULE.bazel
      : >$name/BUILD
      printf " --override_module=%s=/mocks/%s" $name $name
    done
    load="load(\"@rules_cc//cc:defs.bzl\", \"cc_library\")"
    printf "%s\ncc_library(name = \"zlib\", linkopts = [\"-lz\"], visibility = [\"//visibility:public\"])\n" \
      "$load" >zlib/BUILD
    printf " --override_module=rules_shell=/usr/share/bazel/rules/shell"'
}

rows=()
failed=0

count() {  # LOG
  sed -n 's/^Executed .*: \(.*\)\.$/\1/p' "$1" | tail -n 1
}

try() {  # SYSTEM ROOT MODE BAZEL OPTIONS
  local system=$1 root=$2 mode=$3 bazel=$4 options=$5 log names cluster versions
  log=$root.$mode.log
  say "$system, $mode: see $log"
  inside "$root" "cd /src && $bazel test --keep_going $options $targets" \
    >"$log" 2>&1 || failed=1
  inside "$root" "cd /src && $bazel run $options //cmd:local_cluster" \
    >"$log.run" 2>&1 && cluster=runs || { cluster=fails; failed=1; }
  # Debian's header of the library with the same name is C alone in some
  # releases.
  inside "$root" 'echo "#include <raft.h>" | g++ -fsyntax-only -x c++ -' \
    >/dev/null 2>&1 || options+=" --cxxopt=-DRAFT_H_IS_C_ONLY"
  inside "$root" "cd /src/examples/colliding && $bazel test \
    --strategy=CppCompile=local $options //..." >"$log.names" 2>&1 &&
    names=passes || { names=fails; failed=1; }
  versions=$(inside "$root" '
    g++ -dumpfullversion
    dpkg-query -W -f "\${Version}\n" libabsl-dev | sed "s/-.*//"
    dpkg-query -W -f "\${Version}\n" bazel-bootstrap | sed "s/[+-].*//"' |
    tr '\n' '|')
  rows+=("$system|$mode|$versions$(count "$log")|$cluster|$names")
}

for system in "${systems[@]}"; do
  root=$roots/$system
  prepare "$system" "$root" || {
    rows+=("$system|-|-|-|-|could not be set up|-|-")
    failed=1
    unmount
    continue
  }
  # What the build needs is installed by bazelw, as for any user; the workspace
  # with the same names needs the library whose names it is about.
  inside "$root" 'cd /src && ./bazelw info release &&
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
      --no-install-recommends libraft-dev' >"$root.setup.log" 2>&1 ||
    say "set-up: see $root.setup.log"
  try "$system" "$root" WORKSPACE /src/bazelw ""
  if inside "$root" "dpkg-query -W -f '\${Version}' bazel-bootstrap" |
    grep -q '^7\.'; then
    inside "$root" 'DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
      --no-install-recommends bazel-rules-shell' >>"$root.setup.log" 2>&1
    try "$system" "$root" modules bazel "$(module_options "$root")"
  fi
  end_servers "$root"
  unmount
done

{
  echo "system|mode|g++|abseil|Bazel|tests|local_cluster|same names"
  printf '%s\n' "${rows[@]}"
} | column -t -s '|'
exit "$failed"
