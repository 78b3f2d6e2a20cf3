#!/usr/bin/env bash
# Installs the Debian 12 packages that a task needs, and nothing when they are all there.
# usage: tools/install_packages.sh run|test|bench ...      (root, or a user with sudo)
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/say.sh"

run_packages=(
  g++ cmake ninja-build mold python3 ca-certificates
  libboost1.81-dev libboost-json1.81-dev libsqlite3-dev libssl-dev libcurl4-openssl-dev
  libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev libzstd-dev prometheus-cpp-dev
)
test_packages=(
  doxygen
  clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev lld-19 llvm-19 git
  libgtest-dev libgmock-dev zstd chromium pkg-config
)
bench_packages=(libbenchmark-dev valgrind zstd)

wanted=()
for group in "${@:-run}"; do
  case "$group" in
    run) wanted+=("${run_packages[@]}") ;;
    test) wanted+=("${run_packages[@]}" "${test_packages[@]}") ;;
    bench) wanted+=("${run_packages[@]}" "${bench_packages[@]}") ;;
    *) fail "'$group' is no group of packages" "expected run, test or bench" ;;
  esac
done
# The demo and the tests with real clients need Node.js 18 or later; whichever is there will do.
command -v node >/dev/null 2>&1 || wanted+=(nodejs)
command -v npm >/dev/null 2>&1 || wanted+=(npm)

command -v dpkg-query >/dev/null 2>&1 || {
  say "this is not Debian, so nothing is installed; needed are: ${wanted[*]}"
  exit 0
}
installed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' 2>/dev/null | sed -n 's/^ii *//p')
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 ||
    fail "packages are missing and only root can install them" "as root: apt-get install ${missing[*]}"
  as_root=(sudo)
fi
say "installing ${#missing[@]} Debian packages: ${missing[*]}"
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"
}
apt update || say "the package lists could not be renewed; going on with those that are there"
apt install --no-install-recommends "${missing[@]}" ||
  fail "apt-get could not install what is missing" "this project is built on Debian 12; see the message above"
