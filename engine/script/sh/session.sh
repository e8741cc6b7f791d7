# The acting end of a run: holds the lock, then reads requests (a length, a script, its data) until the
# standard input ends. A step that failed makes the rest of its request be skipped, its data drained.
wm_do() {
  wm_id=$1; shift
  wm_answer "$wm_id"
  if [ -n "$wm_failed" ]; then wm_drain "$@"; wm_fields skipped ''; return; fi
  wm_text=$("$@" 2>&1); wm_rc=$?
  [ "$wm_rc" = 0 ] || wm_failed=1
  wm_fields "$wm_rc" "$wm_text"
}
# What `environment` sets for the commands of a request, and a command of ours that runs with it.
wm_env() { :; }
wm_with() { wm_env; "$@"; }
wm_drain() {
  if [ "$1" = wm_write ] && [ -n "$2" ]; then head -c "$2" >/dev/null; fi
}
# alive: gives signs of life while a request is worked at: a long step (a package) must not lose the lock. It ends with
# the request, or with this shell, however that ends; a lock whose holder only waits for its next request gets none.
wm_alive() {
  wm_keeper=
  [ -n "$wm_lock_state" ] || return 0
  {
    exec 9>&- </dev/null >/dev/null 2>&1; trap - EXIT HUP INT TERM
    while sleep 1 && kill -0 $$ && touch -c "$wm_lock_state/holder"; do :; done
  } &
  wm_keeper=$!
}
wm_requests() {
  # Made here once: what is made in a substitution is forgotten with it.
  wm_temp
  while IFS= read -r wm_length && [ "${wm_length:-0}" -gt 0 ]; do
    wm_script=$(head -c "$wm_length"; printf .)
    wm_failed=; wm_shown_of=
    wm_alive
    eval "${wm_script%.}"
    # KILL: another signal is lost where it comes between the fork and the reset of the traps.
    if [ -n "$wm_keeper" ]; then kill -KILL "$wm_keeper"; wait "$wm_keeper"; touch "$wm_lock_state/holder"; fi 2>/dev/null
    wm_fields "$wm_nonce" end
  done
}
# evict STATE: ends whatever has the lock's file open, but this shell: the holder's shell, and the command that it
# waits for, without which it would not end and clean up.
wm_evict() (
  exec 9>&-
  for wm_signal in TERM KILL; do
    # All of them before the first is told to go: what a shell starts after that is its cleaning up.
    wm_holders=; wm_offspring=
    for wm_fd in $(find /proc/[0-9]*/fd/9 -maxdepth 0 -lname "$1/lock" 2>/dev/null); do
      wm_pid=${wm_fd#/proc/}; wm_pid=${wm_pid%%/*}
      [ "$wm_pid" != "$$" ] || continue
      wm_holders="$wm_holders $wm_pid"
      for wm_child in $(grep -l "^PPid:[[:space:]]*$wm_pid\$" /proc/[0-9]*/status 2>/dev/null); do
        wm_child=${wm_child#/proc/}; wm_offspring="$wm_offspring ${wm_child%%/*}"
      done
    done
    [ -z "$wm_holders" ] || kill "-$wm_signal" $wm_holders 2>/dev/null
    [ -z "$wm_offspring" ] || kill -TERM $wm_offspring 2>/dev/null
    if flock -w 5 "$1/lock" true; then return 0; fi
  done
  echo "the holder does not end" >&2; return 1
)
# unlock STATE HOLDER: takes the lock away from HOLDER (its line as it was shown), and from nobody who came since.
wm_unlock() {
  if [ "$(cat "$1/holder" 2>/dev/null || :)" != "$2" ]; then echo "the lock has changed hands" >&2; return 1; fi
  wm_evict "$1" && rm -f -- "$1/holder"
}
# lock STATE LEASE HOLDER: `got`, `taken-over` and the former holder, or `held`, its age in seconds, and the holder.
# Of a lock that was taken the last field is how often it had been taken before; that stands in the lock's own file.
wm_lock() {
  wm_mine "$1"; set -- "$wm_at" "$2" "$3"
  wm_answer lock
  if ! command -v flock >/dev/null 2>&1; then wm_fields failed 'there is no flock (package util-linux)'; return 1; fi
  if ! wm_text=$({ [ -d "$1" ] || { mkdir -p "$1" && chmod 755 "$1"; } && : >> "$1/lock"; } 2>&1); then wm_fields failed "$wm_text"; return 1; fi
  exec 9>> "$1/lock"
  wm_verdict=got; wm_former=
  if ! flock -n 9; then
    wm_former=$(cat "$1/holder" 2>/dev/null || :)
    wm_age=$(( $(date +%s) - $(stat -c %Y "$1/holder" 2>/dev/null || date +%s) ))
    if [ "$wm_age" -le "$2" ]; then wm_fields held "$wm_age" "$wm_former"; return 1; fi
    # The holder's lease has run out: its control machine is gone, only its shell still waits here.
    wm_evict "$1" && flock -w 5 9 || { wm_fields held "$wm_age" "$wm_former"; return 1; }
    wm_verdict=taken-over
  fi
  wm_lock_state=$1
  wm_times_of "$1"
  # The holder first: whoever looks in between knows the new number only of a lock that is held. Not by another file of this
  # name: the flock is on this one.
  if ! wm_text=$({ printf '%s %s\n' "$$" "$3" > "$1/holder" && echo "$((wm_times + 1))" > "$1/lock"; } 2>&1); then
    wm_fields failed "$wm_text"; return 1
  fi
  wm_fields "$wm_verdict" "$wm_former" "$wm_times"
}
