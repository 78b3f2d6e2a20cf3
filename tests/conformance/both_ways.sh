#!/usr/bin/env bash
# Histories that ycpp makes, read by Yjs.  both_ways.sh [COUNT] [SEED]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
count=${1:-200}
seed=${2:-${RUNNEL_SEED:-1}}
program=${RUNNEL_CONFORMANCE_WRITE:-}
if [ -z "$program" ]; then
  program=$(ls -t "$here"/../../build/*/tests/conformance/conformance_write 2>/dev/null | head -n 1)
fi
[ -x "$program" ] || { echo "both_ways.sh: build the target conformance_write first" >&2; exit 1; }
command -v node >/dev/null || { echo "both_ways.sh: node is not installed: skipped" >&2; exit 77; }
[ -d "$here/node_modules/yjs" ] || (cd "$here" && npm ci --silent --no-audit --no-fund --engine-strict=false)
cd "$here"
"$program" "$seed" "$count" | node read.mjs
