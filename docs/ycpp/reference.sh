#!/usr/bin/env bash
# Makes the API reference of ycpp in build/reference/html; any warning of Doxygen is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v doxygen >/dev/null || { echo "reference.sh: doxygen is not installed: skipped" >&2; exit 77; }
mkdir -p build/reference
doxygen docs/ycpp/Doxyfile
echo "build/reference/html/index.html"
