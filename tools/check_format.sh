#!/usr/bin/env bash
# Fails when a C++ file is not as clang-format 19 writes it; with --fix it rewrites them.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
mode=(--dry-run --Werror)
[ "${1:-}" = --fix ] && mode=(-i)
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' | xargs -0 -r -n 40 clang-format-19 --style=file "${mode[@]}"
