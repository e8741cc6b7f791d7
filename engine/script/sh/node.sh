# node STATE UNIT: what wmprov keeps about a node and what its process is now:
# its generation, journal, id of a complete stage (`part` of one that is none), evidence, unit properties, start time of the
# main process.
wm_node() {
  for wm_name in generation journal ready evidence; do
    wm_text_of "$1/$wm_name"
    case $wm_name$wm_text in ready) [ ! -e "$1/stage" ] || wm_text=part ;; esac
    wm_fields "$wm_text"
  done
  wm_show "$2"; wm_started_of "${wm_main:-0}"
  wm_fields "$wm_shown" "$wm_started"
}
