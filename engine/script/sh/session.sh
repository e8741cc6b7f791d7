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
wm_requests() {
  while IFS= read -r wm_length && [ "${wm_length:-0}" -gt 0 ]; do
    wm_script=$(head -c "$wm_length"; printf .)
    wm_failed=
    eval "${wm_script%.}"
    wm_fields "$wm_nonce" end
    [ -z "$wm_lock_state" ] || touch "$wm_lock_state/holder"
  done
  [ -z "$wm_lock_state" ] || rm -f "$wm_lock_state/holder"
}
# lock STATE LEASE HOLDER: `got`, `taken-over` and the former holder, or `held`, its age in seconds, and the holder.
wm_lock_state=
wm_lock() {
  wm_mine "$1"; set -- "$wm_at" "$2" "$3"
  wm_answer lock
  if ! command -v flock >/dev/null 2>&1; then wm_fields failed 'there is no flock (package util-linux)'; return 1; fi
  if ! wm_text=$(mkdir -p "$1" 2>&1 && chmod 755 "$1" 2>&1 && : >> "$1/lock" 2>&1); then wm_fields failed "$wm_text"; return 1; fi
  exec 9>> "$1/lock"
  wm_verdict=got; wm_former=
  if ! flock -n 9; then
    wm_former=$(cat "$1/holder" 2>/dev/null || :)
    wm_age=$(( $(date +%s) - $(stat -c %Y "$1/holder" 2>/dev/null || date +%s) ))
    if [ "$wm_age" -le "$2" ]; then wm_fields held "$wm_age" "$wm_former"; return 1; fi
    # The holder's lease has run out: its control machine is gone, only its shell still waits here.
    kill -TERM "${wm_former%% *}" 2>/dev/null
    if ! flock -w 5 9; then kill -KILL "${wm_former%% *}" 2>/dev/null; flock -w 5 9 || { wm_fields held "$wm_age" "$wm_former"; return 1; }; fi
    wm_verdict=taken-over
  fi
  wm_lock_state=$1
  printf '%s %s\n' "$$" "$3" > "$1/holder"
  wm_fields "$wm_verdict" "$wm_former"
}
