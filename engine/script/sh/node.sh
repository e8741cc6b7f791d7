# node STATE UNIT: what wmprov keeps about a node and what its process is now:
# its generation, journal, id of a complete stage, evidence, unit properties, start time of the main process.
wm_node() {
  wm_fields "$(cat "$1/generation" 2>/dev/null || :)" "$(cat "$1/journal" 2>/dev/null || :)" \
    "$(cat "$1/ready" 2>/dev/null || :)" "$(cat "$1/evidence" 2>/dev/null || :)"
  wm_unit "$2"
  wm_pid=$(systemctl show -p MainPID --value "$2" 2>/dev/null || echo 0)
  wm_fields "$(sed 's/.*) //' "/proc/${wm_pid:-0}/stat" 2>/dev/null | cut -d ' ' -f 20 || :)"
}
