# unit NAME: what systemd says of a unit, one `Key=value` a line; nothing where there is no systemd.
wm_unit() {
  if [ -d /run/systemd/system ]; then
    wm_fields "$(systemctl show -p LoadState,ActiveState,SubState,Result,MainPID,UnitFileState,NeedDaemonReload,FragmentPath,DropInPaths "$1" 2>/dev/null)"
  else wm_fields ''
  fi
}
