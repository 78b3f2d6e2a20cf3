#!/usr/bin/env bash
# Whole documents: those of Yjs's own backwards-compatibility tests, and what Yjs 14 writes.
#   documents.sh compat     needs ../shared/data beside the project, or RUNNEL_DATA
#   documents.sh yjs14 [N]  needs node
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
what=${1:?usage: documents.sh compat|yjs14 [N]}
program=${RUNNEL_CONFORMANCE_DOCUMENTS:-}
if [ -z "$program" ]; then
  program=$(ls -t "$here"/../../build/*/tests/conformance/conformance_documents 2>/dev/null | head -n 1)
fi
[ -x "$program" ] || { echo "documents.sh: build the target conformance_documents first" >&2; exit 1; }
case "$what" in
  compat)
    data=${RUNNEL_DATA:-$here/../../../shared/data}/compat.jsonl.zst
    [ -f "$data" ] || { echo "documents.sh: $data is not there: skipped" >&2; exit 77; }
    zstd -dcq "$data" | "$program" "documents of Yjs's compatibility tests" ;;
  yjs14)
    command -v node >/dev/null || { echo "documents.sh: node is not installed: skipped" >&2; exit 77; }
    cd "$here"
    [ -d node_modules/@y/y ] || npm ci --silent --no-audit --no-fund --engine-strict=false
    node generate14.mjs --count "${2:-300}" | "$program" "documents of Yjs 14" ;;
  *) echo "usage: documents.sh compat|yjs14 [N]" >&2; exit 1 ;;
esac
