# tree EXPECTED FOLDER OWNER GROUP ROOTS FOLDERS PRUNE HASHED PATH...: what the owned part of a folder looks like.
# Answers `none` (no such folder), `same` (the digest of its lines is EXPECTED and all is OWNER's and GROUP's), or
# `rows`, the rows, paths that belong to others, and what could not be read; `!` where the folder cannot be read.
# A row: mode, kind (f, d, l, o), SHA-256 (or `-`, or a link's target, or `!` where a file cannot be read), path;
# blanks between; sorted by path. A line: path, tab, the row's rest. ROOTS, FOLDERS, PRUNE and HASHED are words for
# find, already quoted. A PATH is hashed in its normal form, because Carbon rewrites it without changing its meaning
# (carbon 1.5).
# Lines are made without sed, which would cost as much as half of the hashing: modes and hashes are sorted by path and
# pasted together. Where a hash is missing they do not match, the digest differs, and the rows are joined by path.
wm_tree_lines() {
  for wm_part in files modes other foreign; do : > "$wm_dir/$wm_part"; done
  wm_foreign=
  if [ -n "$1" ]; then wm_foreign="\\( \\( ! -user $1 -o ! -group $2 \\) -fprintf \"\$wm_dir/foreign\" '%p is of %u:%g\\n' , -true \\)"; fi
  eval "find $3 $5 $wm_foreign \\( -type f -fprintf \"\$wm_dir/modes\" '%p\\t%m f\\n' $6 -fprint0 \"\$wm_dir/files\" \
    -o -type d -fprintf \"\$wm_dir/other\" '%p\\t%m d -\\n' \
    -o -type l -fprintf \"\$wm_dir/other\" '%p\\t%m l %l\\n' \
    -o ! -type f ! -type d ! -type l -fprintf \"\$wm_dir/other\" '%p\\t%m o -\\n' \\)" 2>"$wm_dir/errors"
  if [ -n "$4" ]; then eval "find $4 -maxdepth 0 -type d -printf '%p\\t%m d -\\n'" >> "$wm_dir/other" 2>>"$wm_dir/errors"; fi
  if command -v openssl >/dev/null 2>&1; then wm_hasher='openssl dgst -sha256 -r'; else wm_hasher='sha256sum -b'; fi
  wm_processors
  xargs -0 -r -n 2500 -s 400000 -P "$wm_count" sh -c "exec $wm_hasher \"\$@\" > \"\$0.\$\$\"" \
    "$wm_dir/part" < "$wm_dir/files" 2>/dev/null
  shift 6
  : > "$wm_dir/part.0"
  for wm_path in "$@"; do
    if [ -r "$wm_path" ]; then
      wm_one=$(wm_normal < "$wm_path" | wm_hash); printf '%s *%s\n' "${wm_one%% *}" "$wm_path" >> "$wm_dir/part.0"
    fi
  done
  sort -o "$wm_dir/modes" "$wm_dir/modes"
  sort -k 2 "$wm_dir"/part.* > "$wm_dir/hashes"
  sort -o "$wm_dir/other" "$wm_dir/other"
  cut -c 1-64 "$wm_dir/hashes" | paste -d ' ' "$wm_dir/modes" - | sort -m - "$wm_dir/other"
}
# The rows, from what wm_tree_lines has left in $wm_dir.
wm_tree_rows() {
  wm_tab=$(printf '\t')
  sed "s/^\([0-9a-f]*\) \*\(.*\)/\2$wm_tab\1/" "$wm_dir/hashes" | sort -t "$wm_tab" -k 1,1 > "$wm_dir/hashed"
  { sort -t "$wm_tab" -k 1,1 "$wm_dir/modes" | join -t "$wm_tab" -a 1 -e '!' -o 1.1,1.2,2.2 - "$wm_dir/hashed" |
      sed "s/^\([^$wm_tab]*\)$wm_tab\([0-7]* f\)$wm_tab\(.*\)/\1$wm_tab\2 \3/"; cat "$wm_dir/other"; } |
    sort -t "$wm_tab" -k 1,1 | sed "s/^\([^$wm_tab]*\)$wm_tab\(.*\)/\2 \1/"
}
wm_tree() {
  if [ ! -d "$2" ]; then
    if wm_hidden "$2"; then wm_fields '!' 'a folder above it may not be searched'; else wm_fields none; fi
    return
  fi
  wm_temp || { wm_fields '!' 'no temporary folder'; return; }
  (
    cd "$2" && wm_expected=$1 && shift 2 || exit 2
    wm_tree_lines "$@" > "$wm_dir/lines"; wm_rc=$?
    wm_one=$(wm_hash "$wm_dir/lines") || wm_rc=2
    [ "$wm_rc" = 0 ] && [ "${wm_one%% *}" = "$wm_expected" ] && [ ! -s "$wm_dir/foreign" ] && exit 0
    wm_tree_rows > "$wm_dir/rows"
    # Where there was no room the rows are cut short, and what they lack would be told as missing.
    printf . > "$wm_dir/room" || exit 3
    [ "$wm_rc" = 0 ] || exit 2
    exit 1
  ) 2>"$wm_dir/failed"
  case $? in
    0) wm_fields same ;;
    1) wm_fields rows "$(cat "$wm_dir/rows")" "$(cat "$wm_dir/foreign")" "$(cat "$wm_dir/errors")" ;;
    3) wm_fields '!' 'there is no room for temporary files on the host' ;;
    *) wm_fields '!' "$(cat "$wm_dir/failed")" ;;
  esac
  wm_clear
}
