# account DATABASE NAME: the line of the passwd or group database (nothing where there is none), and a user's groups.
wm_account() {
  wm_fields "$(getent "$1" "$2" || :)" "$(if [ "$1" = passwd ]; then id -Gn "$2" 2>/dev/null || :; fi)"
}
