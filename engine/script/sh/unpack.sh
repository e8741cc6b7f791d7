# unpack STATE: what comes on standard input, a tar stream, lands in the stage. The lock that it holds is its own: where
# the run has died, the session's is free at once, but tar may not have ended yet (`wm_stage` waits for it).
wm_unpack() {
  if wm_root; then wm_owners=--same-owner; else wm_owners=--no-same-owner; fi
  wm_text=$( {
    flock -n 8 || { echo 'the upload of another run still goes on'; exit 1; }
    tar -x -p "$wm_owners" -f - -C "$1/stage"
  } 2>&1 8>> "$1/unpacking" ); wm_rc=$?
  cat >/dev/null
  wm_answer tar; wm_fields "$wm_rc" "$wm_text"
}
