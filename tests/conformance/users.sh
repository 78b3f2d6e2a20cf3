#!/usr/bin/env bash
# PermanentUserData: ycpp reads documents of Yjs, Yjs those of ycpp.  users.sh [COUNT] [SEED]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
count=${1:-100}
seed=${2:-${RUNNEL_SEED:-1}}
program=${RUNNEL_CONFORMANCE_USERS:-}
if [ -z "$program" ]; then
  program=$(ls -t "$here"/../../build/*/tests/conformance/conformance_users 2>/dev/null | head -n 1)
fi
[ -x "$program" ] || { echo "users.sh: build the target conformance_users first" >&2; exit 1; }
command -v node >/dev/null || { echo "users.sh: node is not installed: skipped" >&2; exit 77; }
[ -d "$here/node_modules/yjs" ] || (cd "$here" && npm ci --silent --no-audit --no-fund --engine-strict=false)
echo "seeds $seed to $((seed + count - 1))"
cd "$here"
node users.mjs write "$seed" "$count" | "$program" | node users.mjs read "$count"
