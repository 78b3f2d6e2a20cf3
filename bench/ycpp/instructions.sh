#!/usr/bin/env bash
# Instructions of each row, by callgrind; loading the files is part of every count.
# usage: instructions.sh ENGINE DATA ROW...
set -euo pipefail
engine=$1 data=$2
shift 2
for row in "$@"; do
  count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$engine" "$data" --only "$row" --once 2>&1 |
    sed -n 's/.*Collected : //p')
  printf '%-20s %15s\n' "$row" "$count"
done
