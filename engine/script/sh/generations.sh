# generations STATE: `g` (or `!`: not to be read), the log of generations, the record of one that is being made, and
# the kept predecessors: number, KiB; one a line.
wm_generations() {
  if [ -e "$1/generations" ] && [ ! -r "$1/generations" ]; then wm_fields '!' "$1/generations cannot be read"; return; fi
  wm_fields g "$(cat "$1/generations" 2>/dev/null || :)" "$(if [ -e "$1/journal" ]; then cat "$1/record.new" 2>/dev/null; fi)"
  wm_fields "$(ls "$1/previous" 2>/dev/null | sed -n 's/^\([0-9]*\)\.rows$/\1/p' | sort -n | while read -r wm_n; do
    wm_size=$(du -sk "$1/previous/$wm_n" 2>/dev/null | cut -f 1); echo "$wm_n ${wm_size:-0}"
  done)"
}
