# package NAME: `dpkg`, `rpm` or `-` (no package database), and the installed version (empty where it is not installed).
wm_package() {
  if command -v dpkg-query >/dev/null 2>&1; then
    wm_state=$(dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null || :)
    case $wm_state in installed\ *) wm_fields dpkg "${wm_state#installed }" ;; *) wm_fields dpkg '' ;; esac
  elif command -v rpm >/dev/null 2>&1; then
    wm_fields rpm "$(rpm -q --qf '%{VERSION}-%{RELEASE}' "$1" 2>/dev/null || :)"
  else wm_fields - ''
  fi
}
