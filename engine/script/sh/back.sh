# back STATE HOME TO: stages what the Home was as generation TO, out of what later generations replaced: copies,
# because a link would let the server write into what is kept. Of a path that several replaced, the oldest counts; its mode
# and owner are of the oldest that set them, unless that or an older one replaced it.
wm_back() {
  wm_tab=$(printf '\t'); wm_now=$(cut -d ' ' -f 1 "$1/generation")
  wm_stage "$1" && rm -rf -- "$1/stage" "$1/unit.back" && mkdir -- "$1/stage" && wm_temp || return 1
  wm_one_back "$@" || { rm -rf -- "$wm_dir" "$1/stage"; return 1; }
  ( umask 077
    # Folders that are new go last, the deepest first, and only where nothing is in them.
    { cat "$wm_dir/gone" "$wm_dir/folder" "$wm_dir/put" "$wm_dir/modes"; sort -r "$wm_dir/empty"; } > "$1/plan"
    sort -s -u -t "$wm_tab" -k 1,1 "$wm_dir/rows" > "$1/manifest.rows" ) && rm -rf -- "$wm_dir" &&
  printf 'back to %s\n' "$3" > "$1/ready"
}
wm_one_back() {
  for wm_part in gone folder put modes empty rows decided set; do : > "$wm_dir/$wm_part"; done
  wm_n=$(($3 + 1))
  while [ "$wm_n" -le "$wm_now" ]; do
    wm_old=$1/previous/$wm_n
    [ -e "$wm_old.rows" ] || { echo "what generation $wm_n replaced is no longer kept" >&2; return 1; }
    cat "$wm_old.rows" >> "$wm_dir/rows" || return 1
    if [ -e "$wm_old.unit" ] && [ ! -e "$1/unit.back" ]; then cp -p -- "$wm_old.unit" "$1/unit.back" || return 1; fi
    if [ -d "$wm_old" ]; then
      ( cd -- "$wm_old" && find . -mindepth 1 -type d -printf '%P\t%m\t%u:%g\n' ) | while IFS=$wm_tab read -r wm_path wm_mode wm_owner; do
        wm_folder_there "$2/$wm_path" || printf 'folder\t-\t%s\t%s\t%s\n' "$wm_mode" "$wm_owner" "$wm_path"
      done >> "$wm_dir/folder"
      ( cd -- "$wm_old" && find . -mindepth 1 ! -type d -printf '%P\t%m\t%u:%g\n' ) > "$wm_dir/files"
      while IFS=$wm_tab read -r wm_path wm_mode wm_owner; do
        wm_is_in decided "$wm_path" && continue
        case $wm_path in */*) mkdir -p -- "$1/stage/${wm_path%/*}" ;; esac && cp -a -- "$wm_old/$wm_path" "$1/stage/$wm_path" || return 1
        printf 'put\t-\t%s\t%s\t%s\n' "$wm_mode" "$wm_owner" "$wm_path" >> "$wm_dir/put"
      done < "$wm_dir/files"
    fi
    if [ -e "$wm_old.new" ]; then
      while IFS= read -r wm_path; do
        wm_is_in decided "$wm_path" && continue
        if wm_folder_there "$2/$wm_path"; then printf 'empty\t-\t-\t-\t%s\n' "$wm_path" >> "$wm_dir/empty"
        else printf 'gone\t-\t-\t-\t%s\n' "$wm_path" >> "$wm_dir/gone"; fi
      done < "$wm_old.new"
    fi
    if [ -e "$wm_old.modes" ]; then
      while IFS=$wm_tab read -r wm_path wm_mode wm_owner; do
        grep -qxF -- "$wm_path" "$wm_dir/decided" || wm_is_in set "$wm_path" || printf 'attributes\t-\t%s\t%s\t%s\n' "$wm_mode" "$wm_owner" "$wm_path" >> "$wm_dir/modes"
      done < "$wm_old.modes"
    fi
    wm_n=$((wm_n + 1))
  done
  # Where there was no room the lists are cut short.
  printf . > "$wm_dir/room"
}
# is_in LIST PATH: it is in that list; from now on it is.
wm_is_in() {
  if grep -qxF -- "$2" "$wm_dir/$1"; then return 0; fi
  printf '%s\n' "$2" >> "$wm_dir/$1"; return 1
}
# unit_back STATE N FILE: the unit file that was kept takes the place of the present one.
wm_unit_back() {
  [ -e "$1/unit.back" ] || return 0
  wm_keep_unit "$1" "$2" "$3" && cp -p -- "$1/unit.back" "$3.new" && mv -f -- "$3.new" "$3" &&
    wm_note "$1" unit "$(wm_hash_of "$3")" && systemctl daemon-reload && rm -f -- "$1/unit.back"
}
