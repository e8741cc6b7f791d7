# kept STATE WHOLE: what wmprov wrote last: `-` (no Manifest), `x` (a file that is none), `m`, or `!` (not to be read);
# the Manifest where WHOLE is `whole`; the SHA-256 of the unit file as it was last written.
# A digest that is keyed is opened where the key may be read: as the file's own, where it is of that content, else
# as `x:`, which is nobody's.
wm_opened() {
  wm_tab=$(printf '\t')
  wm_key=$(cat "$1/key" 2>/dev/null) || { cat "$1/manifest"; return; }
  { grep "$wm_tab[0-7]* f k:" "$1/manifest" | while IFS=$wm_tab read -r wm_path wm_row; do
      wm_sum=$(wm_hash_of "${1%.wmprov}/$wm_path")
      if [ "k:$(wm_keyed "$wm_sum")" = "${wm_row##* }" ]; then wm_row="${wm_row%% *} f $wm_sum"; else wm_row="${wm_row%% *} f x:"; fi
      printf '%s\t%s\n' "$wm_path" "$wm_row"
    done; cat "$1/manifest"; } | sort -s -u -t "$wm_tab" -k 1,1
}
wm_kept() {
  if [ -r "$1/manifest" ]; then
    if grep -qav "$(printf '\t')[0-7][0-7]* [dflo] ." "$1/manifest"; then wm_fields x ''
    else wm_fields m "$(if [ "$2" = whole ]; then wm_opened "$1"; fi)"; fi
  elif [ -e "$1/manifest" ] || wm_hidden "$1/manifest"; then wm_fields '!' "$1/manifest cannot be read"; return
  else wm_fields - ''
  fi
  wm_text_of "$1/unit"; wm_fields "$wm_text"
}
