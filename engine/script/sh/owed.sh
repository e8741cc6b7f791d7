# owed STATE: what a former run still owes on this host, one line each.
wm_owed() {
  wm_mine "$1"; wm_fields "$(cat "$wm_at/owed" 2>/dev/null || :)"
}
