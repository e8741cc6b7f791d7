# owed STATE: what a former run still owes on this host, one line each.
wm_owed() {
  wm_fields "$(cat "$1/owed" 2>/dev/null || :)"
}
