# unit NAME: what systemd says of a unit, one `Key=value` a line; nothing where there is no systemd.
wm_unit() {
  if [ -d /run/systemd/system ]; then wm_fields "$(wm_show "$1")"; else wm_fields ''; fi
}
wm_show() {
  systemctl show -p LoadState,ActiveState,SubState,Result,MainPID,UnitFileState,NeedDaemonReload,FragmentPath,ActiveEnterTimestamp,DropInPaths "$1" 2>/dev/null
}
