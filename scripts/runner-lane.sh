#!/bin/sh
# Runs the runner's tests with every shell and client that it is made for, and with the real age: what `npm test` passes over where a program is missing.
# Installs what is missing by apt where it may; says so and ends with 0 where it may not. Once everything is there, whatever does not work is a failure.
set -u
cd "$(dirname "$0")/.." || exit 1

skip() {
  echo "runner lane: SKIPPED: $1"
  exit 0
}
fail() {
  echo "runner lane: FAILED: $1"
  exit 1
}

# Programs that are missing, as packages.
lacking() {
  for program in busybox wget curl age; do
    command -v "$program" >/dev/null 2>&1 && continue
    case $program in busybox) printf ' busybox-static' ;; *) printf ' %s' "$program" ;; esac
  done
}

missing=$(lacking)
if [ -n "$missing" ]; then
  command -v apt-get >/dev/null 2>&1 || skip "missing:$missing, and there is no apt-get to install it"
  [ "$(id -u)" -eq 0 ] || skip "missing:$missing, and only root may install it"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  # The lists of a fresh image are old or not there at all.
  # shellcheck disable=SC2086 # Several words are meant.
  apt-get install -y --no-install-recommends $missing >"$log" 2>&1 ||
    { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 ||
    { tail -n 5 "$log" && skip "$missing could not be installed"; }
  missing=$(lacking)
  [ -z "$missing" ] || fail "$missing was installed and is still missing"
fi

busybox true || fail "busybox does not run"
case $(wget --version 2>&1) in *"GNU Wget"*) ;; *) fail "wget is not GNU's" ;; esac
curl --version >/dev/null || fail "curl does not run"
age --version >/dev/null || fail "age does not run"
command -v age-keygen >/dev/null || fail "age came without age-keygen"

# With RUNNER_LANE nothing is passed over.
if RUNNER_LANE=1 npx vitest run --project source test/integration/data/runner test/integration/staging/encryption.test.ts; then
  echo "runner lane: PASSED with $(busybox | head -n 1), $(wget --version | head -n 1), $(curl --version | head -n 1 | cut -d ' ' -f 1,2), age $(age --version)"
else
  fail "see above"
fi
