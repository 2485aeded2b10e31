#!/usr/bin/env bash
# Checks the model of the protocol (link.pml) exhaustively within bounds, and
# that every rule taken out of it (a mutant) is missed.
#
#   bazel run //docs/protocol:check              all checks, some 15 minutes
#   bazel run //docs/protocol:check -- --small   small bounds, a minute or two
#
# Needs spin and gcc (Debian: apt install spin gcc). Prints a line per check and
# `N passed, N failed`; exits 1 if any failed.
set -u
models=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
model=$models/link.pml
small=0
[ "${1:-}" = --small ] && small=1
for program in spin gcc python3; do
  command -v "$program" >/dev/null || { echo "$program is missing: apt install $program"; exit 1; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Those of large bounds take gigabytes each.
at_once=1
[ "$small" = 1 ] && at_once=$(nproc)
started=0

# run WANT NAME OPTIONS...: WANT is holds, or breaks for a mutant.
run() {
  while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
  started=$((started + 1))
  check "$folder/$started" "$@" &
}

check() {  # FOLDER WANT NAME OPTIONS...
  local folder=$1 want=$2 name=$3 got states
  shift 3
  mkdir "$folder" && cd "$folder" || exit 1
  if ! spin -a "${@/#/-D}" "$model" >spin.out 2>&1 ||
    ! gcc -O2 -w -DSAFETY -DNOREDUCE -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=9000 -o pan pan.c 2>gcc.out; then
    echo "FAILED  $name: does not build"
    cat spin.out gcc.out 2>/dev/null
    return
  fi
  timeout 900 ./pan -m3000000 -n >pan.out 2>&1
  states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.out)
  if ls ./*.trail >/dev/null 2>&1; then
    got=breaks
  elif grep -q 'errors: 0' pan.out && ! grep -q 'out of memory\|max search depth too small\|Search not completed' pan.out; then
    got=holds
  else
    got="does not end"
  fi
  if [ "$got" = "$want" ]; then
    printf 'ok      %-58s %s, %s states\n' "$name" "$got" "${states:-?}"
    touch passed
  else
    printf 'FAILED  %-58s %s, not %s\n' "$name" "$got" "$want"
  fi
  rm -f pan*
}

run holds "no crash, both directions" KA=1 KB=1 NA=2 NB=1
run holds "crash, void" KA=2 KB=2 NA=1 VOID
run holds "crash, both directions, small" KA=2 KB=2 NA=1 NB=1
run holds "freshness of the handshake (S6)" HEARD KA=2 KB=2 NA=2
run holds "twins, small" ZOMBIE KA=2 KB=1 NA=2
run holds "leave (S10)" LEAVE KA=2 KB=2 NA=2
run holds "leave, void" LEAVE VOID KA=2 KB=2 NA=2
run holds "convergence (L1)" LIVE KA=1 KB=1 NA=2 ROUNDS=8
run breaks "convergence needs eight rounds" LIVE KA=1 KB=1 NA=2 ROUNDS=7
run breaks "mutant: acks of any sender's life" KB=2 NA=2 CAPA=2 M_NO_ACK_SRC
run breaks "mutant: acks to any life of ours" KA=2 KB=2 NA=2 M_NO_ACK_DST
run breaks "mutant: items to any life of ours" KA=2 KB=2 NA=2 M_NO_DATA_DST
run breaks "mutant: items of any sender's life" KA=2 KB=1 NA=2 CAPB=2 M_NO_DATA_SRC
run breaks "mutant: the last handshake wins, not the newest life" KA=2 CAPB=2 M_NO_ORDER
run breaks "mutant: repeats are delivered" KA=1 KB=1 M_NO_DEDUP
run breaks "mutant: a session from a HELLO that does not name us" HEARD KA=2 KB=2 M_TWO_STEP
run breaks "mutant: freed when received, not when taken" KB=2 M_RECEIVED_FREES
run breaks "mutant: credit as increments" NA=3 M_REL_CREDIT
run breaks "mutant: credit kept over a restart" KB=2 NA=4 M_KEEP_CREDIT
run breaks "mutant: a new session forgets the inbox" KA=2 M_FORGET_OLD
run breaks "mutant: an answer grants credit" KA=2 CAPA=2 CAPB=2 M_EARLY_CREDIT
run breaks "mutant: the application takes after leave" LEAVE M_LEAVE_TAKES
run breaks "mutant: no probe" LIVE NA=3 M_NO_PROBE
run breaks "mutant: no probe of a closed window" LIVE NA=3 M_NO_ZERO_PROBE
run breaks "mutant: other lives are not answered" LIVE KB=2 M_NO_ANSWER

# Peers that are taken out of a configuration and put back.
run holds "nobody is removed: as before" KA=2 KB=2 NA=1 NB=1
run holds "A removes and adds B" KA=1 KB=1 NA=2 NB=1 RA=1
run holds "the same, void" VOID KA=1 KB=1 NA=2 NB=2 RA=1
run holds "both do, at once" KA=1 KB=1 NA=1 NB=1 RA=1 RB=1
run holds "both do, at once, void" VOID KA=1 KB=1 NA=1 NB=1 RA=1 RB=1
run holds "twice" KA=1 KB=1 NA=1 NB=1 RA=2
run holds "A removes, B restarts" KA=1 KB=2 NA=1 NB=1 RA=1
run holds "A removes and restarts" KA=2 KB=1 NA=0 NB=1 RA=1
run holds "freshness of the handshake (S6)" HEARD KA=1 KB=2 NA=0 NB=1 RA=1
run holds "twins of A" ZOMBIE KA=2 KB=1 NA=1 NB=0 RA=1
run holds "twins of B, whom A removes and adds" ZOMBIE KA=1 KB=2 NA=0 NB=1 RA=1
run holds "clocks disagree, B removes and adds A" SKEW KA=3 KB=1 NA=1 RB=1
run holds "A removes while B closes" LEAVE KA=1 KB=1 NA=0 NB=1 RA=1
run holds "a url changes: new link, queue kept" MOVE KA=1 KB=1 NA=1 NB=1 RA=1
run holds "former: never twice in one life" FORMER KA=1 KB=1 NA=1 NB=1 RA=2
run holds "former, both, at once" FORMER KA=1 KB=1 NA=1 NB=1 RA=1 RB=1
run holds "former, A restarts" FORMER KA=2 KB=1 NA=0 NB=2 RA=1
run holds "former, void" FORMER VOID KA=1 KB=1 NA=1 NB=1 RA=2
run holds "convergence (L1), the leave is heard (L2)" LIVE KA=1 KB=1 NA=0 NB=1 RA=1 ROUNDS=10
run breaks "as designed, without former: taken twice in one life" STRICT KA=1 KB=1 NA=0 NB=1 RA=1
run holds "clocks disagree, A removes, B restarts" SKEW KA=3 KB=2 NA=0 RA=1
run breaks "mutant: no epoch" KA=1 KB=1 NA=2 NB=0 RA=1 M_NO_EPOCH
run breaks "mutant: inbox handed out after the leave" KA=1 KB=1 NA=0 NB=1 RA=1 M_INBOX_KEPT
run breaks "mutant: the same, void" VOID KA=1 KB=1 NA=0 NB=1 RA=1 M_INBOX_KEPT
run breaks "mutant: leave not final" KA=1 KB=1 NA=0 NB=1 RA=1 M_LEAVE_NOT_FINAL
run breaks "mutant: epoch compared before the life" ZOMBIE KA=2 KB=1 NA=1 NB=0 RA=1 M_EPOCH_FIRST
run breaks "mutant: epoch starts anew with each Add" KA=1 KB=1 NA=2 NB=0 RA=2 M_EPOCH_RESTARTS
run breaks "mutant: stray frames get the leave, positions gone" KA=1 KB=1 NA=0 NB=1 RA=1 M_STRAY_LEAVE
run breaks "mutant: stray frames get an answer" HEARD KA=1 KB=2 NA=0 NB=1 RA=1 M_STRAY_ANSWER
run breaks "mutant: stray frames get an answer of the next link" KA=1 KB=2 NA=0 NB=1 RA=1 M_STRAY_NEXT
run breaks "mutant: the removed link still acknowledges" KA=1 KB=1 NA=0 NB=1 RA=1 M_STRAY_STATE
run breaks "mutant: a new link forgets the newest life" ZOMBIE KA=1 KB=2 NA=0 NB=1 RA=1 M_FORGET_LIFE
run breaks "mutant: former is of a link that was only HALF" FORMER KA=1 KB=1 NA=0 NB=1 RA=2 M_FORMER_HALF
run breaks "mutant: the leave goes to one life of the peer only" LIVE KA=1 KB=2 NA=0 NB=1 RA=1 ROUNDS=12 M_LEAVE_TO_ONE
run breaks "mutant: born again after a removed session" SKEW KA=3 KB=2 NA=0 RA=1 M_BUMP_FORGETS

if [ "$small" = 0 ]; then
  run holds "crash" KA=2 KB=2 NA=2 CAPA=2 CAPB=2
  run holds "crash, void, two frames each way" KA=2 KB=2 NA=2 CAPA=2 CAPB=2 VOID
  run holds "crash, three lives" KA=3 KB=3 NA=2
  run holds "crash, three envelopes" KA=2 KB=2 NA=3
  run holds "crash, both directions" KA=2 KB=2 NA=2 NB=1
  run holds "no crash, both directions, two frames each way" KA=1 KB=1 NA=3 NB=1 CAPA=2 CAPB=2
  run holds "twins of A" ZOMBIE KA=2 KB=1 NA=2 CAPA=2 CAPB=2
  run holds "twins of B" ZOMBIE KA=1 KB=2 NA=2 CAPA=2 CAPB=2
  run holds "twins of both" ZOMBIE KA=2 KB=2 NA=2
  run holds "clocks disagree" SKEW KA=3 KB=2 NA=2
  run holds "leave, both directions" LEAVE KA=1 KB=2 NA=2 NB=1
  run holds "convergence, three envelopes" LIVE KA=1 KB=1 NA=3 ROUNDS=12
  run holds "convergence, restarts of B" LIVE KA=1 KB=2 NA=2 ROUNDS=12
  run holds "convergence, restarts of both" LIVE KA=2 KB=2 NA=1 ROUNDS=12
  run holds "convergence, restarts of both, void" LIVE VOID KA=2 KB=2 NA=1 ROUNDS=12
  run holds "convergence, clocks disagree" LIVE SKEW KA=3 KB=1 NA=1 ROUNDS=12
  run breaks "mutant: a life whose clock is behind is refused for ever" LIVE SKEW KA=3 KB=1 NA=1 ROUNDS=12 M_NO_BUMP
  run holds "A removes and adds B, two envelopes each way" KA=1 KB=1 NA=2 NB=2 RA=1
  run holds "A removes and adds B, two frames each way" KA=1 KB=1 NA=1 NB=1 RA=1 CAPA=2 CAPB=2
  run holds "both, two envelopes from A" KA=1 KB=1 NA=2 NB=1 RA=1 RB=1
  run holds "both, twice" KA=1 KB=1 NA=1 NB=0 RA=2 RB=2
  run holds "both, B restarts" KA=1 KB=2 NA=1 NB=0 RA=1 RB=1
  run holds "both, B restarts, other way" KA=1 KB=2 NA=0 NB=1 RA=1 RB=1
  run holds "A removes, B restarts, three lives" KA=1 KB=3 NA=0 NB=1 RA=1
  run holds "A removes, B restarts, NB=2" KA=1 KB=2 NA=0 NB=3 RA=1
  run holds "A removes and restarts, both directions" KA=2 KB=1 NA=1 NB=1 RA=1
  run holds "both restart" KA=2 KB=2 NA=0 NB=1 RA=1
  run holds "freshness (S6), both remove" HEARD KA=1 KB=2 NA=0 NB=1 RA=1 RB=1
  run holds "twins of A, whom B sends to" ZOMBIE KA=2 KB=1 NA=0 NB=1 RA=1
  run holds "twins of B, both directions" ZOMBIE KA=1 KB=2 NA=1 NB=1 RA=1
  run holds "twins of B, B removes" ZOMBIE KA=1 KB=2 NA=1 NB=0 RB=1
  run holds "close and remove, both" LEAVE KA=1 KB=1 NA=1 NB=1 RA=1 RB=1
  run holds "former, close and remove, both" FORMER LEAVE KA=1 KB=1 NA=1 NB=1 RA=1 RB=1
  run holds "former, B restarts, both remove" FORMER KA=1 KB=2 NA=0 NB=1 RA=1 RB=1
  run holds "former, three epochs, two envelopes" FORMER KA=1 KB=1 NA=0 NB=3 RA=3
  run holds "url changes, B restarts" MOVE KA=1 KB=2 NA=1 NB=1 RA=1
  run holds "L1, L2: both directions" LIVE KA=1 KB=1 NA=1 NB=1 RA=1 ROUNDS=10
  run holds "L1, L2: both remove" LIVE KA=1 KB=1 NA=0 NB=1 RA=1 RB=1 ROUNDS=12
  run holds "L1, L2: B restarts" LIVE KA=1 KB=2 NA=0 NB=1 RA=1 ROUNDS=12
  run holds "L1, L2: B restarts, data of A" LIVE KA=1 KB=2 NA=1 NB=0 RA=1 ROUNDS=12
  run holds "L1: clocks disagree, B removes" LIVE SKEW KA=3 KB=1 NA=0 NB=0 RB=1 ROUNDS=12
  run holds "L1: former" LIVE FORMER KA=1 KB=1 NA=0 NB=1 RA=2 ROUNDS=12
fi

# Small models of their own, which say what they find.
for model in address hello_again; do
  started=$((started + 1))
  mkdir "$folder/$started"
  if python3 "$models/$model.py"; then
    touch "$folder/$started/passed"
  fi
done

wait
passed=$(find "$folder" -name passed | wc -l)
echo "$passed passed, $((started - passed)) failed"
[ "$passed" = "$started" ]
