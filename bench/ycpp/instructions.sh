#!/usr/bin/env bash
# Instructions of each row by callgrind, in thousands: of one run of what the row measures, without loading the files.
# usage: instructions.sh ENGINE DATA ROW...
set -euo pipefail
engine=$1 data=$2
shift 2
for row in "$@"; do
  count=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no --toggle-collect='*Bench::time*' \
    "$engine" "$data" --only "$row\$" --once 2>&1 | sed -n 's/.*Collected : //p')
  printf '%-20s %12d\n' "$row" "$((count / 1000))"
done
