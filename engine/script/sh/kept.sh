# kept STATE WHOLE: what wmprov wrote last: `-` (no Manifest), `x` (a file that is none), `m`, or `!` (not to be read);
# the Manifest where WHOLE is `whole`; the SHA-256 of the unit file as it was last written.
wm_kept() {
  if [ -r "$1/manifest" ]; then
    if grep -qav "$(printf '\t')[0-7][0-7]* [dflo] ." "$1/manifest"; then wm_fields x ''
    else wm_fields m "$(if [ "$2" = whole ]; then cat "$1/manifest"; fi)"; fi
  elif [ -e "$1/manifest" ] || wm_hidden "$1/manifest"; then wm_fields '!' "$1/manifest cannot be read"; return
  else wm_fields - ''
  fi
  wm_fields "$(cat "$1/unit" 2>/dev/null || :)"
}
