#!/usr/bin/env bash
# Installs the locked npm packages of web/ and builds the demo into web/demo/dist, from where the C++ build takes it.
# Does nothing when neither the sources nor the lock file have changed since the last time.
# usage: tools/build_web.sh [--force]
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/say.sh"

web="$runnel_root/web"
stamp="$web/node_modules/.demo-built-for"

# Everything that the result depends on: what it is built from, the locked packages and the version of Node.
fingerprint() {
  node --version
  cd "$web"
  find package.json package-lock.json tsconfig.base.json demo packages -type f \
    -not -path '*/node_modules/*' -not -path '*/dist/*' -not -name '*.tsbuildinfo' -not -name '*.test.ts' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum
}

npm_ci "$web"
wanted=$(fingerprint | sha256sum)
if [ "${1:-}" != --force ] && [ -f "$web/demo/dist/index.html" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi
say "building the demo workspace (one or two minutes)"
log="$web/node_modules/.demo-build.log"
if ! (cd "$web" && npm run build --silent >"$log" 2>&1); then
  cat "$log"
  fail "the demo workspace could not be built (the output is above)" "once more: tools/build_web.sh"
fi
printf '%s' "$wanted" >"$stamp"
