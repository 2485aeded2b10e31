#!/bin/bash
# Whoever compiles with a dialect that is too old is told so in words.
grep -F 'raft needs C++17 or later' tools/checks/old_dialect.txt
