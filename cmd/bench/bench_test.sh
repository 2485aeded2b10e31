#!/bin/sh
# Every mode measures something, and what cannot be measured is refused.
# Usage: bench_test.sh PROGRAM
set -u
bench=$1
failures=0

fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# Each "name" of $1 in the JSON on stdin must be a positive number, $2 times.
expect_positive() {
  sed -n "s/.*\"$1\": {\"median\": \([0-9.e+-]*\),.*/\1/p" |
    awk -v wanted="$2" '{ if ($1 > 0) ++count } END { exit count != wanted }'
}

# The figures in $1, $2 times each: for each contender, and for each of ours the
# ratio to each baseline. The rest is flags.
measure() {
  names=$1
  wanted=$2
  shift 2
  json=$("$bench" --seconds=0.1 --rounds=1 --format=json "$@" 2>errors) || {
    fail "$* ends with $?: $(cat errors)"
    return
  }
  for name in $names; do
    echo "$json" | expect_positive "$name" "$wanted" ||
      fail "$*: $name is not there or not positive: $json"
  done
}

refuse() {
  output=$("$bench" "$@" 2>&1 </dev/null)
  code=$?
  [ "$code" = 2 ] || fail "$* ends with $code: $output"
}

figures="messages_per_second megabytes_per_second cpu_ns_per_message peak_mib"
latencies="latency_us_p50 latency_us_p99.9 latency_us_max"

cd "$TEST_TMPDIR" || exit 1
case $bench in /*) ;; *) bench=$OLDPWD/$bench ;; esac

measure "$figures" 1 --transport=loopback --mode=stream --batch=false
measure "$figures" 1 --transport=loopback --mode=broadcast --servers=3
measure "$figures" 1 --transport=loopback --mode=mesh --servers=3 --senders=2
measure "$figures $latencies" 1 --transport=loopback --mode=pingpong
measure "$figures $latencies" 1 --transport=loopback --rate=2000 --size=8
measure "$figures" 3 --transport=tcp --baseline=zmq --one_core
measure "$figures" 3 --transport=ipc --baseline=zmq --mode=mesh --servers=3
measure "$figures $latencies" 8 --transport=tcp,ipc --baseline=zmq,socket \
  --mode=pingpong --one_core
measure "$figures" 5 --transport=loopback --baseline=zmq,socket --mode=mesh \
  --servers=3
measure "$figures" 1 --transport=tcp --keys
measure "$figures" 7 --transport=plain,unix,tls --baseline=socket --spin=20us
measure "$figures" 3 --transport=loopback --baseline=socket --mode=broadcast
measure "$figures" 3 --transport=loopback --baseline=socket --size=1000000 \
  --batch=false
measure "$figures $latencies" 3 --transport=loopback --baseline=socket \
  --rate=2000
measure "$figures $latencies" 1 --transport=loopback --mode=pingpong \
  --plot=pingpong.svg
measure "$figures" 1 --transport=loopback --mode=mesh --servers=2 \
  --plot=mesh.svg --grow=2,3
for picture in "pingpong.svg:There and back" mesh.svg:Growth; do
  grep -q "${picture#*:}" "${picture%:*}" && grep -q '</svg>' "${picture%:*}" ||
    fail "$picture: not drawn"
done
refuse --mode=mesh --grow=3
refuse --plot=x.svg --grow=3
refuse --mode=mesh --plot=x.svg --grow=1
"$bench" --version | grep -q '^bench (raft) [0-9]' || fail "no version"
"$bench" --help | grep -q '^Exit codes:' || fail "no help"
"$bench" --help >/dev/full 2>/dev/null && fail "help to a full disk is fine"
refuse --mode=storm
refuse --transport=pigeon
refuse --spin=1s
refuse --servers=3
refuse --no_such_flag=1
refuse more

[ "$failures" = 0 ]
