# node STATE UNIT: what wmprov keeps about a node and what its process is now:
# its generation, journal, id of a complete stage, evidence, unit properties, start time of the main process.
wm_node() {
  for wm_name in generation journal ready evidence; do wm_text_of "$1/$wm_name"; wm_fields "$wm_text"; done
  wm_shown=
  [ ! -d /run/systemd/system ] || wm_shown=$(wm_show "$2")
  wm_fields "$wm_shown"
  wm_pid=${wm_shown#*MainPID=}; wm_pid=${wm_pid%%[!0-9]*}
  wm_started=
  if [ -r "/proc/${wm_pid:-0}/stat" ] && read -r wm_started < "/proc/$wm_pid/stat" 2>/dev/null; then
    # The name, in parentheses, may hold anything; the 20th word after it is the start time.
    wm_started=$(set -f; set -- ${wm_started##*) }; echo "${20}")
  fi
  wm_fields "$wm_started"
}
