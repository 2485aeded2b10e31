#!/bin/sh
# Runs a test with the suppressions beside this script.
TSAN_OPTIONS="${TSAN_OPTIONS-}:suppressions=${TEST_SRCDIR}/${TEST_WORKSPACE}/tools/sanitizers/tsan.supp"
export TSAN_OPTIONS
exec "$@"
