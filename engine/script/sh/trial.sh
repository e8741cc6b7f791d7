# Rules on trial: loaded by whoever acts, kept by who comes in by a new connection, and taken back by the host itself
# where nobody does in time. Whoever moves `armed` away first decides.
# try_firewall FOLDER SECONDS: loads FOLDER/rules, and has what is there now come back after so long.
wm_try_firewall() {
  wm_end_trial "$1" && rm -f "$1/kept" "$1/back" || return 1
  nft -c -f "$1/rules" || return 1
  wm_was=; if wm_walled; then wm_was=$(nft -s list table inet wmprov) || return 1; fi
  printf 'add table inet wmprov\ndelete table inet wmprov\n%s\n' "$wm_was" > "$1/former" || return 1
  printf 'mv %s/armed %s/back && exec nft -f %s/former\n' "$1" "$1" "$1" > "$1/undo" || return 1
  wm_timer=wmprov-firewall-undo-$$-$(date +%s)
  printf '%s\n' "$wm_timer" > "$1/armed" || return 1
  systemd-run --quiet --collect --unit="$wm_timer" --on-active="$2" --timer-property=AccuracySec=100ms \
    /bin/sh "$1/undo" && nft -f "$1/rules" && return 0
  wm_end_trial "$1"; return 1
}
# end_trial FOLDER: a trial that nobody has decided ends now: one that has failed, or that of a run that was cut.
wm_end_trial() {
  if mv "$1/armed" "$1/back" 2>/dev/null; then
    systemctl stop "$(cat "$1/back").timer" 2>/dev/null
    nft -f "$1/former"
  fi
}
# keep_firewall FOLDER FILE: the rules on trial stay, and become FILE.
wm_keep_firewall() {
  if ! mv "$1/armed" "$1/kept" 2>/dev/null && [ ! -e "$1/kept" ]; then echo 'the host has taken the rules back already' >&2; return 1; fi
  systemctl stop "$(cat "$1/kept").timer"
  mkdir -p "${2%/*}" && cp "$1/rules" "$2.new" && chmod 644 "$2.new" && mv -f -T "$2.new" "$2"
}
# note_firewall FOLDER RECORD WHAT: what was loaded, and what nft makes of it.
wm_note_firewall() {
  if ! wm_walled; then echo 'the table is not there after it was loaded' >&2; return 1; fi
  { printf '%s\n' "$3"; wm_wall; } > "$2.new" && chmod 600 "$2.new" && mv -f -T "$2.new" "$2" && rm -rf "$1"
}
# no_firewall FOLDER FILE RECORD UNIT: our table goes, and what would load it. The file last: by it the next run knows.
wm_no_firewall() {
  if [ -d "$1" ]; then wm_end_trial "$1" || return 1; fi
  if command -v nft >/dev/null 2>&1 && wm_walled; then nft delete table inet wmprov || return 1; fi
  if [ -e "$4" ]; then systemctl disable --quiet --now "${4##*/}" || return 1; fi
  rm -rf "$4" "$1" "$3" && systemctl daemon-reload && rm -f "$2"
}
