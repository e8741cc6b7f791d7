# unit NAME: what systemd says of a unit, one `Key=value` a line; nothing where there is no systemd.
wm_unit() { wm_show "$1"; wm_fields "$wm_shown"; }
# show NAME: the same in $wm_shown, and its main process in $wm_main. systemctl costs as much as a look without it, so
# it is asked once a look, whoever wants to know: $wm_shown and $wm_shown_of are written here only.
wm_show() {
  if [ "$wm_shown_of" != "$1" ]; then
    wm_shown=
    [ ! -d /run/systemd/system ] || wm_shown=$(systemctl show -p LoadState,ActiveState,SubState,Result,MainPID,UnitFileState,NeedDaemonReload,FragmentPath,ActiveEnterTimestamp,DropInPaths "$1" 2>/dev/null)
    wm_shown_of=$1
  fi
  wm_main=${wm_shown#*MainPID=}; wm_main=${wm_main%%[!0-9]*}
}
# started_of PID: its start time in $wm_started; nothing where it has gone.
wm_started_of() {
  wm_started=
  if [ -r "/proc/$1/stat" ] && { read -r wm_started < "/proc/$1/stat"; } 2>/dev/null; then
    # The name, in parentheses, may hold anything; the 20th word after it is the start time.
    wm_started=$(set -f; set -- ${wm_started##*) }; echo "${20}")
  fi
}
