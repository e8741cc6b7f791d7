# firewall: the port by which this run's own connection came in over SSH (empty where it did not), what nftables is here
# (`none` no such program, `denied` and what it said, `absent` or `there` of our table), and our table as it stands.
wm_firewall() {
  wm_came_in
  if ! command -v nft >/dev/null 2>&1; then wm_fields "$wm_port" none ''
  elif ! wm_out=$(nft list tables 2>&1); then wm_fields "$wm_port" denied "$wm_out"
  elif wm_walled; then wm_fields "$wm_port" there "$(wm_wall)"
  else wm_fields "$wm_port" absent ''
  fi
}
# walled: true where our table is there.
wm_walled() { nft list tables | grep -qxF 'table inet wmprov'; }
# wall: our table in nft's own normal form, which may be another with another nft. Numbers: whether names are known
# hangs on other packages.
wm_wall() { nft --version; nft -s -n list table inet wmprov; }
# came_in: sshd tells the user's shell; sudo keeps it from those below.
wm_came_in() {
  wm_port=; wm_pid=$$
  while [ "${wm_pid:-0}" -gt 1 ]; do
    wm_port=$(tr '\0' '\n' < "/proc/$wm_pid/environ" | sed -n 's/^SSH_CONNECTION=[^ ]* [^ ]* [^ ]* \([0-9]*\)$/\1/p')
    [ -z "$wm_port" ] || return 0
    wm_pid=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$wm_pid/status")
  done 2>/dev/null
}
