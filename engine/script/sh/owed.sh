# owed STATE: what a former run still owes on this host, one line each; how often the lock has been taken,
# which is not known where somebody holds it: what is seen now may be otherwise the next moment.
wm_owed() {
  wm_mine "$1"; wm_text_of "$wm_at/owed"; wm_times_of "$wm_at"
  if [ -e "$wm_at/holder" ]; then wm_times=; fi
  wm_fields "$wm_text" "$wm_times"
}
