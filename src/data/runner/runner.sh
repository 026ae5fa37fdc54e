# The runner: what really runs in a rented container. It fetches the inputs, runs the command as its child, stores the outputs,
# and leaves a manifest that says how it went. Protocol, exit codes and failures: docs/runner.md.
#
#   sh -c "$script" spillway-runner command argument ...
#
# Read by dash, busybox ash and everything POSIX. Comments and indentation are left out of what is sent, so no string may
# depend on them. Rules that keep it whole on its way:
# - Kubernetes replaces dollar-parenthesis-NAME and turns a doubled dollar into one, Nomad replaces dollar-brace-NAME, both in
#   arguments: none of the three appears here.
# - Every variable begins with spw_, so that none of the caller's is overwritten: the command gets its environment as it was.
# - Whatever may take long runs in the background and is awaited: a shell acts on a signal only between foreground commands.

# ---- Small things ------------------------------------------------------------------------------------------------------

# In a shell of its own, which alone dies if nobody reads the log any more.
spw_say() { (printf 'spillway-runner: %s\n' "$1" >&2); }

# For an end without a manifest: exit code, reason.
spw_give_up() {
  spw_say "$2"
  exit "$1"
}

spw_has() { command -v "$1" >/dev/null 2>&1; }

# Where a path of the workload lies, in spw_at. SPILLWAY_ROOT is set where absolute paths must stay below a directory.
spw_place() {
  case $1 in
    /*) spw_at=$SPILLWAY_ROOT$1 ;;
    *) spw_at=./$1 ;;
  esac
  spw_at=${spw_at%/}
}

# Calls a function with the words of each line of one kind in the job text.
spw_each() {
  while read -r spw_kind spw_a spw_b spw_c spw_d <&3; do
    [ "$spw_kind" != "$1" ] || "$2" "$spw_a" "$spw_b" "$spw_c" "$spw_d"
  done 3<"$spw_dir/job"
}

# ---- Waiting and signals -----------------------------------------------------------------------------------------------

# Waits so many ticks: seconds, unless SPILLWAY_TICK says otherwise. Counted, so that a clock that is set right does no harm.
# Answers 1 when it ended early, at a signal, or for those that wait in the background at the end of the command or of the runner.
# (A signal alone may get lost: what comes between the making of a process and its forgetting of our traps does nothing.)
spw_nap() {
  spw_left=$1
  while [ "$spw_left" -gt 0 ]; do
    [ -z "$spw_hurry" ] && kill -0 "$spw_main" 2>/dev/null && [ ! -e "$spw_over" ] || return 1
    sleep "$spw_tick"
    spw_left=$((spw_left - 1))
  done
}

# Waits for a child. A signal makes `wait` return early, then it waits again; 127 means that it had the answer already.
# bash may lose the answer of a child that ends at that very moment and would wait for it for ever: then spw_lost says so.
spw_await() {
  wait "$1"
  spw_code=$?
  while [ -n "$spw_woken" ]; do
    spw_woken=
    kill -0 "$1" 2>/dev/null || { spw_lost=1 && break; }
    wait "$1"
    spw_again=$?
    [ "$spw_again" -eq 127 ] || spw_code=$spw_again
  done
  return "$spw_code"
}

# Waits for the program just put into the background. While inputs are fetched a signal ends it.
spw_await_job() {
  spw_job=$!
  [ "$spw_phase-$spw_stopped" != fetching-1 ] || kill -s KILL "$spw_job" 2>/dev/null
  spw_await "$spw_job"
  spw_code=$?
  spw_job=
  return "$spw_code"
}

# Runs something that may take long, from the beginning again if its answer was lost.
spw_run() {
  spw_lost=1
  while [ -n "$spw_lost" ]; do
    spw_lost=
    "$@" &
    spw_await_job
  done
  return "$spw_code"
}

# To the whole group where the command leads one.
spw_signal_command() { kill -s "$1" -- "-$spw_child" 2>/dev/null || kill -s "$1" "$spw_child" 2>/dev/null; }

spw_stop_command() {
  spw_hurry=
  spw_signal_command TERM
  spw_nap "$spw_grace"
  spw_signal_command KILL
}

# What a signal means depends on how far things are.
spw_on_signal() {
  spw_woken=1
  case $spw_phase in
    fetching)
      spw_stopped=1
      [ -z "$spw_job" ] || kill -s KILL "$spw_job" 2>/dev/null
      ;;
    running) [ -n "$spw_stopped" ] || spw_begin_stop ;;
    # The command has ended, and storing its result before the machine goes is all that is left.
    uploading) ;;
    finished) spw_leave ;;
  esac
  spw_hurry=1
}

# Starts something in the background that is to end with the command.
spw_watch() {
  (
    spw_over=$spw_dir/over
    "$@"
  ) &
  spw_watchers="$spw_watchers $!"
}

spw_begin_stop() {
  spw_stopped=1
  spw_watch spw_stop_command
}

spw_end_watchers() {
  : >"$spw_dir/over"
  kill $spw_watchers 2>/dev/null
  wait $spw_watchers 2>/dev/null
}

# ---- Transfers ---------------------------------------------------------------------------------------------------------

# GET or PUT, URL, file, set of headers for PUT or -: one request by whatever client there is. A stalled one ends after two minutes.
spw_request() {
  case $spw_client-$1 in
    curl-GET) exec curl $spw_curl -w 'HTTP/1 %{http_code}\n' -L -o "$3" "$2" ;;
    curl-PUT) exec curl $spw_curl -K "$spw_dir/headers-$4" -w 'HTTP/1 %{http_code}\n' -o /dev/null -T "$3" "$2" ;;
    *-GET) exec "$spw_client" --no-config $spw_wget -O "$3" "$2" ;;
    *-PUT) exec "$spw_client" --config="$spw_dir/headers-$4" $spw_wget -O /dev/null --max-redirect=0 --method=PUT --body-file="$3" "$2" ;;
  esac
}
spw_curl='-qgsS --connect-timeout 20 --speed-limit 1 --speed-time 120'
spw_wget='-q -S -t 1 -T 120'

# Set, name, value, for both clients' configuration files, whose lines look alike as long as they hold no blank.
spw_read_header() { echo "header = $2:$3" >>"$spw_dir/headers-$1"; }

# One try: 0 done, 1 refused for good, 2 may pass. spw_what says what happened; never the URL, which is a secret.
spw_try() {
  spw_request "$@" >"$spw_dir/net" 2>&1 &
  spw_await_job
  spw_code=$?
  spw_http=$(sed -n 's|^ *HTTP/[0-9.]* \([0-9]*\).*|\1|p' "$spw_dir/net" | tail -n 1)
  spw_what="HTTP $spw_http"
  case $spw_code-$spw_http in
    0-2* | 0-) return 0 ;;
    [068]-408 | [068]-429 | [068]-5*) return 2 ;;
    # What may be written only once is there: by a try whose answer was lost, or by an earlier container. It stays.
    [08]-412) [ "$1" = PUT ]; return ;;
    [068]-[34]*) return 1 ;;
  esac
  spw_what="no whole answer, code $spw_code"
  return 2
}

# As many tries as make sense.
spw_transfer() {
  for spw_pause in $spw_pauses end; do
    spw_try "$@" && return 0
    [ $? -eq 2 ] && [ -z "$spw_stopped" ] && [ "$spw_pause" != end ] || return 1
    spw_nap "$spw_pause"
  done
}

spw_sum() { exec sha256sum <"$1" >"$spw_dir/sum"; }

# Digest and size of a file, in spw_sha and spw_size.
spw_measure() {
  spw_what='it cannot be read'
  spw_run spw_sum "$1" && read -r spw_sha spw_size <"$spw_dir/sum" && spw_size=$(wc -c <"$1") && spw_size=$((spw_size + 0))
}

spw_fits() { [ "$1" = - ] || [ "$1" = "$2" ]; }

# Brings a file to its place: digest or -, size or -, URL, place. Answers 0, 80 or 81; spw_what says why.
# A file that is there and right is kept: a restart need not fetch it again. Wrong bytes are asked for once more, for the wire may be to blame.
spw_bring() {
  [ "$1" = - ] || [ ! -f "$4" ] || ! spw_measure "$4" || [ "$1" != "$spw_sha" ] || return 0
  for spw_turn in 1 2; do
    spw_what='its place cannot be written'
    mkdir -p "${4%/*}/" 2>/dev/null && [ ! -d "$4" ] && : 2>/dev/null >"$4.spillway" || return 80
    spw_transfer GET "$3" "$4.spillway" && spw_measure "$4.spillway" || return 80
    if spw_fits "$1" "$spw_sha" && spw_fits "$2" "$spw_size"; then
      mv -f "$4.spillway" "$4" || return 80
      return 0
    fi
    spw_what="it has $spw_size bytes and the digest $spw_sha"
  done
  rm -f "$4.spillway"
  return 81
}

# ---- The end -----------------------------------------------------------------------------------------------------------

# The status page: phase, and the manifest once there is one.
spw_report() {
  spw_found=null
  [ ! -s "$spw_dir/manifest" ] || spw_found=$(cat "$spw_dir/manifest")
  printf '{"version":1,"nonce":"%s","phase":"%s","sinceMs":%s000,"manifest":%s}\n' \
    "$spw_nonce" "$1" "$(date +%s)" "$spw_found" >"$spw_dir/status.new"
  mv -f "$spw_dir/status.new" "$spw_dir/status"
}

# Ends the attempt: exit code, rest of the manifest. From here on it never runs again in this container.
spw_finish() {
  spw_exit=$1
  spw_phase=uploading
  spw_manifest='{"version":1,"nonce":"'$spw_nonce'","exitCode":'$1','$spw_times'"outputs":['$spw_outputs']'$2'}'
  printf '%s\n' "$spw_manifest" >"$spw_dir/manifest.new" && mv -f "$spw_dir/manifest.new" "$spw_dir/manifest"
  spw_deliver
}

# Ends it because staging failed: exit code, stage, message.
spw_fail() {
  spw_say "$3"
  spw_finish "$1" ',"failure":{"stage":"'"$2"'","message":"'"$3"'"}'
}

# Ends it because the platform wants the container to end. Little time is left, so nothing is tried twice.
spw_fail_stopped() {
  spw_pauses=
  spw_finish 143 ',"ended":"signal"'
}

spw_store_manifest() { [ -n "$spw_client" ] && [ -s "$spw_dir/manifest" ] && spw_transfer PUT "$spw_put" "$spw_dir/manifest" "$spw_set" && spw_delivered=1; }

# Prints and stores the manifest, then stays, so that a platform that starts again what exits has nothing to start. A
# manifest that could not be stored is tried again meanwhile.
spw_deliver() {
  (printf '\nspillway-manifest %s %s\n' "$spw_nonce" "$spw_manifest")
  [ -n "$spw_delivered" ] || spw_store_manifest || spw_say "the manifest could not be stored: $spw_what"
  [ -z "$spw_last_checkpoint" ] || spw_save_checkpoint
  spw_phase=finished
  spw_report finished
  while [ "$spw_after" = hold ] && [ -n "$spw_client" ] && [ -z "$spw_hurry" ]; do
    spw_nap 30
    [ -n "$spw_delivered" ] || ! spw_store_manifest || spw_say 'the manifest is stored at last'
  done
  spw_leave
}

# Of the runner itself. While something is still to be stored this is the end of its patience.
spw_leave() {
  [ -n "$spw_delivered" ] || [ -z "$spw_client" ] || [ "$spw_phase" = uploading ] || exit 91
  exit "$spw_exit"
}

# An attempt that has finished already, in this container or another, is only reported again.
spw_deliver_found() {
  spw_phase=uploading
  spw_manifest=$(cat "$spw_dir/manifest")
  spw_exit=$(sed -n 's/.*"exitCode":\([0-9]*\).*/\1/p' "$spw_dir/manifest")
  spw_say 'this attempt has finished before and is not run again'
  spw_deliver
}

# ---- Steps -------------------------------------------------------------------------------------------------------------

spw_read_version() { [ "$1" = 1 ] || spw_give_up 87 'the job text is of another version'; }
spw_read_attempt() { [ "$1" = "$SPILLWAY_ATTEMPT" ] && spw_nonce=$2 || spw_give_up 87 'the job text is of another attempt'; }
spw_read_times() { spw_timeout=$1 spw_grace=$2 spw_lifetime=$3 spw_after=$4; }
spw_read_manifest() { spw_put=$1 spw_get=$2 spw_set=$3; }
spw_read_status() { spw_port=$1 spw_token=$2; }
spw_read_checkpoint() { spw_place "$4" && spw_every=$1 spw_checkpoints=$spw_at; }
spw_count_slot() { spw_slots=$((spw_slots + 1)); }
spw_read_end() { spw_complete=1; }

spw_fetch_input() {
  spw_place "$4"
  spw_bring "$1" "$2" "$3" "$spw_at"
  spw_judge_fetch $? "input $4"
}

spw_restore_checkpoint() {
  # What a container before this one left there is later than what is to be restored.
  [ -z "$(ls -A "$spw_checkpoints" 2>/dev/null)" ] || return 0
  spw_bring "$1" "$2" "$3" "$spw_dir/restore.tar"
  spw_judge_fetch $? checkpoint
  spw_what='it cannot be unpacked'
  mkdir -p "$spw_checkpoints" && spw_run tar -xof "$spw_dir/restore.tar" -C "$spw_checkpoints"
  spw_judge_fetch $? checkpoint
  rm -f "$spw_dir/restore.tar"
}

spw_judge_fetch() {
  [ -z "$spw_stopped" ] || spw_fail_stopped
  case $1 in
    0) ;;
    81) spw_fail 81 digest "$2: $spw_what" ;;
    *) spw_fail 80 fetch "$2: $spw_what" ;;
  esac
}

spw_make_room() {
  spw_place "$4"
  mkdir -p "${spw_at%/*}/" 2>/dev/null
}

# Set of headers of an output, with its recipient if it has one.
spw_check_seal() {
  case $2 in
    *,*) spw_has age || spw_fail 86 setup 'the image has no age, which outputs that are encrypted need' ;;
  esac
}

spw_check_output() {
  spw_place "$4"
  [ -f "$spw_at" ] || [ -d "$spw_at" ] || [ "$1" = optional ] || spw_fail 82 output "output $4 does not exist"
}

# A failed command's outputs are stored as far as they are there and it works.
spw_store_output() {
  spw_place "$4"
  spw_more=
  if [ -d "$spw_at" ]; then
    spw_pack "$4" || return 0
  elif [ ! -f "$spw_at" ]; then
    return 0
  fi
  case $2 in
    *,*)
      spw_more=${spw_more:+tar}
      spw_more=',"encrypted":{"format":"age","holds":"'${spw_more:-file}'"}'
      spw_run spw_seal "${2#*,}" || { spw_unless_failed 83 upload "output $4: it cannot be encrypted"; return 0; }
      spw_at=$spw_dir/sealed
      ;;
  esac
  if spw_measure "$spw_at" && spw_transfer PUT "$3" "$spw_at" "${2%%,*}"; then
    [ -z "$spw_outputs" ] || spw_outputs="$spw_outputs,"
    spw_outputs=$spw_outputs'{"path":"'$4'","member":"","sha256":"'$spw_sha'","size":'$spw_size$spw_more'}'
  else
    spw_unless_failed 83 upload "output $4: $spw_what"
  fi
  rm -f "$spw_dir/pack.tar" "$spw_dir/sealed"
}

spw_seal() { exec age -r "$1" <"$spw_at" >"$spw_dir/sealed"; }

spw_unless_failed() {
  [ "$spw_result" -ne 0 ] || spw_fail "$@"
  spw_say "$3"
}

# Makes the directory at spw_at one archive, and a digest of what is in it that does not depend on times, owners and order.
spw_pack() {
  spw_what='it cannot be packed'
  case $spw_dir/ in
    "$spw_at"/*) spw_unless_failed 82 output "output $1 holds the files of the runner: declare a directory below it" && return 1 ;;
  esac
  spw_has tar || { spw_unless_failed 88 setup 'the image has no tar, which outputs that are directories need'; return 1; }
  [ -z "$(find "$spw_at" -name '*\\*' -o -name "*$spw_newline*")" ] ||
    { spw_unless_failed 82 output "output $1 holds a file with a backslash or line break in its name"; return 1; }
  spw_run tar -cf "$spw_dir/pack.tar" -C "$spw_at" . && spw_run spw_list "$spw_at" && read -r spw_tree spw_more <"$spw_dir/tree" ||
    { rm -f "$spw_dir/pack.tar" && spw_unless_failed 83 upload "output $1: $spw_what"; return 1; }
  spw_more=',"archive":{"format":"tar","treeSha256":"'$spw_tree'"}'
  spw_at=$spw_dir/pack.tar
}

spw_list() {
  cd "$1" && {
    find . -type f -exec sha256sum {} +
    find . -type l -exec sh -c 'for l; do printf "%s -> %s\n" "$l" "$(readlink "$l")"; done' sh {} +
  } | LC_ALL=C sort | sha256sum >"$spw_dir/tree"
}

# ---- Checkpoints -------------------------------------------------------------------------------------------------------

# Stores the checkpoint directory, if it has changed, in the slot after the last one, then the record that makes it count.
spw_save_checkpoint() {
  spw_number=0 spw_saved=
  [ ! -s "$spw_dir/saved" ] || read -r spw_number spw_saved <"$spw_dir/saved"
  [ -n "$(ls -A "$spw_checkpoints" 2>/dev/null)" ] && spw_freeze && spw_measure "$spw_dir/checkpoint.tar" || return 0
  [ "$spw_sha" != "$spw_saved" ] || return 0
  spw_wanted=$((spw_number % spw_slots)) spw_number=$((spw_number + 1))
  spw_each slot spw_use_slot
}

# An archive of files that changed meanwhile is none: another try, then it waits for its next turn.
spw_freeze() {
  for spw_turn in 1 2 3; do
    spw_run tar -cf "$spw_dir/checkpoint.tar" -C "$spw_checkpoints" . 2>/dev/null && return 0
    spw_nap 1
  done
  spw_say 'a checkpoint kept changing while it was read'
  return 1
}

spw_use_slot() {
  spw_wanted=$((spw_wanted - 1))
  [ "$spw_wanted" -eq -1 ] || return 0
  printf '{"version":1,"nonce":"%s","sequence":%s,"sha256":"%s","size":%s,"writtenAtMs":%s000}\n' \
    "$spw_nonce" "$spw_number" "$spw_sha" "$spw_size" "$(date +%s)" >"$spw_dir/record"
  if spw_transfer PUT "$1" "$spw_dir/checkpoint.tar" "$3" && spw_transfer PUT "$2" "$spw_dir/record" "$4"; then
    echo "$spw_number $spw_sha" >"$spw_dir/saved"
  else
    spw_say "a checkpoint could not be stored: $spw_what"
  fi
}

# ---- Watchers, in the background ---------------------------------------------------------------------------------------

spw_watch_timeout() {
  if spw_nap "$spw_timeout"; then
    : >"$spw_dir/timed-out"
    spw_stop_command
  elif [ ! -e "$spw_over" ]; then
    # The runner was killed. Nobody would look after the command, and a runner started anew would start another.
    spw_signal_command KILL
  fi
}

spw_watch_checkpoints() {
  trap 'kill -s KILL "$spw_job" 2>/dev/null; exit' TERM
  while spw_nap "$spw_every"; do spw_save_checkpoint; done
}

spw_watch_lifetime() {
  spw_nap "$spw_lifetime" && kill "$spw_main" && spw_nap "$((spw_grace + 60))" && kill -s USR1 "$spw_main"
  [ -z "$spw_server" ] || kill "$spw_server" 2>/dev/null
}

# One request on standard input and output: status file, token.
spw_answer='
read -r m path rest
while read -r line && line=${line%"$(printf "\r")"} && [ -n "$line" ]; do
case $line in [Aa]uthorization:*[Bb]earer" $2") known=1 ;; esac
done
case $path-$known in
/spillway/status-1) code="200 OK" body=$(cat "$1") ;;
/spillway/status-) code="401 Unauthorized" body="{}" ;;
*) code="200 OK" body="{}" ;;
esac
printf "HTTP/1.1 %s\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s\n" "$code" "$body"
'
spw_perl='$s=IO::Socket::INET->new(LocalPort=>shift,Listen=>9,ReuseAddr=>1)or die"$!\n";$SIG{CHLD}="IGNORE";
while(1){$c=$s->accept or next;$p=fork;if(defined $p&&!$p){alarm 9;open STDIN,"<&",$c;open STDOUT,">&",$c;exec @ARGV}close $c}'
spw_python='import os,signal,socket,sys
s=socket.socket();s.setsockopt(1,2,1);s.bind(("",int(sys.argv[1])));s.listen(9);signal.signal(17,signal.SIG_IGN)
while 1: c=s.accept()[0];os.fork()or[signal.alarm(9),os.dup2(c.fileno(),0),os.dup2(c.fileno(),1),os.execvp(sys.argv[2],sys.argv[2:])];c.close()'

# Opens the port, with the first that can: each hands connections to the shell text above.
spw_serve() {
  set -- sh -c "$spw_answer" spillway-status "$spw_dir/status" "$spw_token"
  if spw_has perl && perl -MIO::Socket::INET -e 1 2>/dev/null; then
    exec perl -MIO::Socket::INET -e "$spw_perl" "$spw_port" "$@"
  elif spw_has python3; then
    exec python3 -c "$spw_python" "$spw_port" "$@"
  fi
  case $(nc --help 2>&1) in
    *BusyBox*-lk*) exec nc -lk -p "$spw_port" -e "$@" ;;
    *BusyBox*-e*) exec nc -ll -p "$spw_port" -e "$@" ;;
  esac
  spw_say 'nothing in the image can open the status port'
}

# ---- What happens ------------------------------------------------------------------------------------------------------

spw_tick=${SPILLWAY_TICK:-1}
spw_phase=fetching spw_exit=83 spw_pauses='1 3 9 27' spw_slots=0
spw_hurry= spw_woken= spw_stopped= spw_job= spw_child= spw_watchers= spw_server= spw_outputs= spw_times= spw_delivered= spw_last_checkpoint=
spw_lost= spw_complete= spw_port= spw_checkpoints= spw_over=
spw_newline='
'
# The parent of a program that replaces the substitution's own shell is this shell.
spw_main=$(exec sh -c 'echo "$PPID"')

for spw_tool in cat date find ls mkdir mv rm sed sleep sort tail wc; do
  spw_has "$spw_tool" || spw_give_up 89 "the image has no $spw_tool"
done
for spw_client in curl wget "$SPILLWAY_ROOT/usr/bin/wget" "$SPILLWAY_ROOT/usr/local/bin/wget" ''; do
  case $spw_client in
    '') ;;
    curl) spw_has curl && break ;;
    # Where busybox prefers its own applets, the GNU program is found only by its full path.
    *) case $("$spw_client" --version 2>/dev/null) in *'GNU Wget'*) break ;; esac ;;
  esac
done
for spw_dir in "$TMPDIR" /tmp /var/tmp /dev/shm "$PWD" ''; do
  [ -n "$spw_dir" ] || spw_give_up 85 'no directory can be written'
  spw_dir=$spw_dir/spillway-$SPILLWAY_ATTEMPT
  mkdir -p -m 700 "$spw_dir" 2>/dev/null && : 2>/dev/null >"$spw_dir/net" && break
done
trap spw_on_signal TERM INT QUIT
trap spw_leave USR1
trap 'kill $spw_job $spw_server $spw_guard 2>/dev/null' EXIT

if [ -n "$SPILLWAY_JOB" ]; then
  printf '%s\n' "$SPILLWAY_JOB" >"$spw_dir/job"
else
  [ -n "$spw_client" ] || spw_give_up 90 'the image has neither curl nor GNU wget'
  spw_bring "$SPILLWAY_JOB_SHA256" - "$SPILLWAY_JOB_URL" "$spw_dir/job" || spw_give_up 87 "the job text cannot be had: $spw_what"
fi
unset SPILLWAY_JOB SPILLWAY_JOB_URL SPILLWAY_JOB_SHA256 SPILLWAY_TICK
rm -f "$spw_dir"/headers-*
: >"$spw_dir/headers--"
spw_each version spw_read_version
spw_each header spw_read_header
spw_each attempt spw_read_attempt
spw_each times spw_read_times
spw_each manifest spw_read_manifest
spw_each status spw_read_status
spw_each checkpoint spw_read_checkpoint
spw_each slot spw_count_slot
spw_each end spw_read_end
[ -n "$spw_complete" ] || spw_give_up 87 'the job text was cut short'

spw_report fetching
if [ -n "$spw_port" ]; then
  spw_serve &
  spw_server=$!
fi
spw_watch_lifetime &
spw_guard=$!

[ ! -s "$spw_dir/manifest" ] || spw_deliver_found
[ -n "$spw_client" ] || spw_fail 90 setup 'the image has neither curl nor GNU wget'
if [ "$spw_get" != - ] && spw_transfer GET "$spw_get" "$spw_dir/found"; then
  case $(cat "$spw_dir/found") in
    *'"nonce":"'"$spw_nonce"'"'*) mv -f "$spw_dir/found" "$spw_dir/manifest" && spw_delivered=1 && spw_deliver_found ;;
  esac
fi
[ -z "$spw_stopped" ] || spw_fail_stopped
spw_has sha256sum || spw_fail 89 setup 'the image has no sha256sum'
[ -z "$spw_checkpoints" ] || spw_has tar || spw_fail 88 setup 'the image has no tar, which checkpoints need'
spw_each out spw_check_seal
spw_each in spw_fetch_input
spw_each restore spw_restore_checkpoint
spw_each out spw_make_room

spw_report running
rm -f "$spw_dir/timed-out" "$spw_dir/over"
# Room for the manifest, should the command fill the disk.
printf '%65536s' '' >"$spw_dir/room"
spw_begun=$(date +%s)
(
  ! spw_has setsid || exec setsid "$@"
  exec "$@"
) &
spw_child=$!
spw_phase=running
[ -z "$spw_stopped" ] || spw_begin_stop
spw_watch spw_watch_timeout
[ -z "$spw_checkpoints" ] || spw_watch spw_watch_checkpoints
spw_await "$spw_child"
spw_result=$?

spw_phase=uploading
spw_times='"startedAtMs":'$spw_begun'000,"endedAtMs":'$(date +%s)'000,'
spw_end_watchers
rm -f "$spw_dir/room" "$spw_dir/checkpoint.tar"
# What the command left behind in its group would go on computing.
kill -s KILL -- "-$spw_child" 2>/dev/null
[ ! -e "$spw_dir/timed-out" ] || spw_finish 124 ',"ended":"timeout"'
if [ -n "$spw_stopped" ]; then
  spw_last_checkpoint=$spw_checkpoints
  spw_fail_stopped
fi
spw_report uploading
if [ "$spw_result" -eq 0 ]; then
  spw_each out spw_check_output
  # A result is worth more patience than an input: it has been paid for.
  spw_pauses="$spw_pauses 81 243"
fi
spw_each out spw_store_output
spw_finish "$spw_result" ''
