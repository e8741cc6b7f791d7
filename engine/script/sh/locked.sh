# locked STATE: `free`, or `held`, the seconds since the holder's last sign of life, and the holder's line.
wm_locked() {
  if [ ! -e "$1/lock" ]; then wm_fields free '' ''; return; fi
  if ! command -v flock >/dev/null 2>&1; then wm_fields '!' 'there is no flock (package util-linux)'; return; fi
  wm_text=$(flock -n "$1/lock" true 2>&1); wm_rc=$?
  case $wm_rc in
    0) wm_fields free '' '' ;;
    1) wm_sign=$(stat -c %Y "$1/holder" 2>/dev/null || stat -c %Y "$1/lock")
      wm_fields held "$(($(date +%s) - wm_sign))" "$(cat "$1/holder" 2>/dev/null || :)" ;;
    *) wm_fields '!' "$wm_text" ;;
  esac
}
