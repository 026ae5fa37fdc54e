#!/bin/sh
# Runs the AWS Batch backend against moto's server, a third party's idea of the service, and prints what came of it.
# Needs Python 3 with venv and a package index; says so and ends with 0 where they are missing. Once moto is installed, everything that does not work is a
# failure. MOTO_VENV names the folder of the Python environment (default: below node_modules/.cache).
set -u
cd "$(dirname "$0")/.." || exit 1

python=${PYTHON:-python3}
venv=${MOTO_VENV:-node_modules/.cache/moto-venv}

skip() {
  echo "moto lane: SKIPPED: $1"
  exit 0
}
fail() {
  echo "moto lane: FAILED: $1"
  exit 1
}

command -v "$python" >/dev/null 2>&1 || skip "there is no $python"
if [ ! -x "$venv/bin/moto_server" ]; then
  "$python" -m venv "$venv" >/dev/null 2>&1 || skip "$python cannot make a virtual environment"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "moto[server,batch]>=5.2,<6" || skip "moto could not be installed"
fi
version=$("$venv/bin/python" -c 'import moto; print(moto.__version__)') || fail "moto is installed but cannot be imported"
port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])') || fail "no free port"

log=$(mktemp)
"$venv/bin/moto_server" -H 127.0.0.1 -p "$port" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; rm -f "$log"' EXIT INT TERM

tries=0
until "$venv/bin/python" -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$port/moto-api/data.json', timeout=2)" >/dev/null 2>&1; do
  tries=$((tries + 1))
  kill -0 "$server" 2>/dev/null || { cat "$log"; fail "moto $version ended at once"; }
  [ "$tries" -lt 60 ] || { cat "$log"; fail "moto $version does not answer"; }
  sleep 0.5
done

if MOTO_ENDPOINT="http://127.0.0.1:$port" npx vitest run --config test/lanes/moto/vitest.config.ts; then
  echo "moto lane: PASSED against moto $version"
else
  tail -n 40 "$log"
  fail "the backend and moto $version disagree"
fi
