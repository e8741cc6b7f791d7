# account DATABASE NAME GROUPS: the line of the passwd or group database (nothing where there is none); a user's groups,
# where GROUPS says so.
wm_account() {
  wm_line=$(getent "$1" "$2") || wm_line=
  wm_groups=
  if [ -n "$3" ]; then wm_groups=$(id -Gn "$2" 2>/dev/null) || wm_groups=; fi
  wm_fields "$wm_line" "$wm_groups"
}
