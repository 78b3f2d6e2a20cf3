# Sourced by ./run, ./test and the scripts under tools/: how they talk, and what they share.
# Everything they print goes through `say` and `fail`, so that a reader can tell them from a compiler.

runnel_root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
runnel_cores=$(nproc 2>/dev/null || echo 2)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  say_bold=$'\033[1m' say_red=$'\033[31m' say_plain=$'\033[0m'
else
  say_bold='' say_red='' say_plain=''
fi

say() { printf '%s==> %s%s\n' "$say_bold" "$*" "$say_plain"; }

# Ends the script with one sentence on what went wrong and, as further arguments, what to do next.
fail() {
  printf '%serror: %s%s\n' "$say_red" "$1" "$say_plain" >&2
  shift
  for line in "$@"; do printf '       %s\n' "$line" >&2; done
  exit 1
}

# configure PRESET [CMAKE ARGUMENT...]: only when it never ran; later ninja notices changes itself.
configure() {
  local preset=$1
  shift
  local extra=()
  command -v ccache >/dev/null 2>&1 && extra+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  [ -f "$runnel_root/build/$preset/build.ninja" ] && return 0
  say "configuring build/$preset"
  (cd "$runnel_root" && cmake --preset "$preset" "${extra[@]}" "$@" >"/tmp/runnel-configure.$$" 2>&1) || {
    cat "/tmp/runnel-configure.$$"
    rm -rf "/tmp/runnel-configure.$$" "$runnel_root/build/$preset/CMakeCache.txt"
    fail "cmake could not configure build/$preset (its output is above)" \
      "a missing library is installed by tools/install_packages.sh"
  }
  rm -f "/tmp/runnel-configure.$$"
}

# build PRESET TARGET...
build() {
  local preset=$1
  shift
  (cd "$runnel_root" && NINJA_STATUS='[%f/%t, %es] ' cmake --build "build/$preset" --parallel "$runnel_cores" --target "$@")
}

# npm_ci FOLDER: installs the locked packages of that folder, once per lock file; tries again when the network drops.
npm_ci() {
  local folder=$1
  local stamp="$folder/node_modules/.installed-for"
  local wanted
  wanted="$(node --version) $(sha256sum <"$folder/package-lock.json")"
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return 0
  say "installing npm packages of ${folder#"$runnel_root/"}"
  local attempt
  for attempt in 1 2 3; do
    if (cd "$folder" && npm ci --prefer-offline --no-audit --no-fund --loglevel=error); then
      printf '%s' "$wanted" >"$stamp"
      return 0
    fi
    say "npm ci failed in ${folder#"$runnel_root/"} (attempt $attempt of 3)"
    sleep $((attempt * 2))
  done
  fail "the npm packages of ${folder#"$runnel_root/"} could not be installed" \
    "is the npm registry reachable? see 'npm ping'"
}
