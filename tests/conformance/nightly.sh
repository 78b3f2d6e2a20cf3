#!/usr/bin/env bash
# The long run: nightly.sh [N] [SEED]. N histories (10,000), from SEED on (today's date as a number).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
count=${1:-10000}
seed=${2:-$(date -u +%Y%m%d)00000}
[ "$count" -ge 1 ] || { echo "usage: nightly.sh [N] [SEED]" >&2; exit 1; }
exec "$here/run.sh" "$count" "$seed"
