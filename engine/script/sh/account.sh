# account DATABASE NAME GROUPS: the line of the passwd or group database (nothing where there is none); a user's groups,
# where GROUPS says so.
# Where the host asks its own file first, and that is short, the shell reads it by itself.
wm_account() {
  wm_line=; wm_left=0
  if wm_files_first "$1"; then wm_left=100; fi
  while [ "$wm_left" -gt 0 ] && IFS= read -r wm_one; do
    case $wm_one in "$2":*) wm_line=$wm_one; break ;; esac
    wm_left=$((wm_left - 1))
  done < "/etc/$1"
  [ -n "$wm_line" ] || wm_line=$(getent "$1" "$2") || wm_line=
  wm_groups=
  if [ -n "$3" ]; then wm_groups=$(id -Gn "$2" 2>/dev/null) || wm_groups=; fi
  wm_fields "$wm_line" "$wm_groups"
}
# files_first DATABASE: true where whoever looks a name up looks into the file before anything else.
wm_files_first() {
  { while read -r wm_word wm_one wm_rest; do
    if [ "$wm_word" = "$1:" ]; then [ "$wm_one" = files ]; return; fi
  done < /etc/nsswitch.conf; } 2>/dev/null
  return 1
}
