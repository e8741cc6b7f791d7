# owed STATE: what a former run still owes on this host, one line each.
wm_owed() {
  wm_mine "$1"; wm_text_of "$wm_at/owed"; wm_fields "$wm_text"
}
