#!/bin/sh
# The client's side of fake-docker.mjs for the commands that are asked often: a shell starts twenty times faster than Node.
# Called with Node's path and the state's directory first.
node=$1 state=$2
shift 2
containers=$state/containers

log() {
  line=
  for argument; do line="$line,\"$argument\""; done
  echo "[${line#,}]" >>"$state/log"
}

fail() {
  echo "$1" >&2
  exit 1
}

case "$1 $2" in
  "version "* | "image inspect" | "ps "* | "rm "* | "container inspect") log "$@" ;;
  *) exec "$node" "$(dirname "$0")/fake-docker.mjs" "$state" "$@" ;;
esac

for last; do :; done
[ -e "$state/down" ] && fail "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"

case $1 in
  version) echo 28.0.0 ;;
  image)
    [ -e "$state/images/$(echo "$last" | sed 's|/|%2F|g; s|:|%3A|g')" ] || fail "Error response from daemon: No such image: $last"
    echo sha256:0123
    ;;
  container)
    [ -e "$containers/$last/state.json" ] || fail "Error response from daemon: No such container: $last"
    cat "$containers/$last/state.json"
    ;;
  rm)
    [ -d "$containers/$last" ] || fail "Error response from daemon: No such container: $last"
    while grep -q '"Running":true' "$containers/$last/state.json"; do
      kill -KILL -"$(sed 's/.*"Pid":\([0-9]*\).*/\1/' "$containers/$last/state.json")" 2>/dev/null
      sleep 0.01
    done
    rm -rf "$containers/$last"
    echo "$last"
    ;;
  ps)
    [ -d "$containers" ] || exit 0
    labels=
    while [ $# -gt 0 ]; do
      [ "$1" = --filter ] && labels="$labels ${2#label=}"
      shift
    done
    for directory in "$containers"/*; do
      [ -d "$directory" ] || continue
      for label in $labels; do grep -q "\"$label\"" "$directory/spec.json" || continue 2; done
      basename "$directory"
    done
    ;;
esac
