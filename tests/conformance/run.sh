#!/usr/bin/env bash
# Histories that Yjs makes from a seed, replayed on ycpp.  run.sh COUNT [SEED]     RUNNEL_HISTORIES goes before COUNT
#
# The program is looked for in build/*/tests/conformance; RUNNEL_CONFORMANCE names another one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
count=${RUNNEL_HISTORIES:-${1:?usage: run.sh COUNT [SEED]}}
seed=${2:-${RUNNEL_SEED:-1}}
program=${RUNNEL_CONFORMANCE:-}
if [ -z "$program" ]; then
  program=$(ls -t "$here"/../../build/*/tests/conformance/conformance_replay 2>/dev/null | head -n 1)
fi
[ -x "$program" ] || { echo "run.sh: build the target conformance_replay first" >&2; exit 1; }
command -v node >/dev/null || { echo "run.sh: node is not installed: skipped" >&2; exit 77; }
[ -d "$here/node_modules/yjs" ] || (cd "$here" && npm ci --silent --no-audit --no-fund --engine-strict=false)
echo "seeds $seed to $((seed + count - 1))"
cd "$here"
node generate.mjs --seed "$seed" --count "$count" 2> >(grep -v 'Changed the client-id' >&2) | "$program" -
