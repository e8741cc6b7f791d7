# tree EXPECTED FOLDER PRUNE HASHED KIND PATH...: what the owned part of a folder looks like.
# Answers `none` (no such folder), `same` (the digest of its rows is EXPECTED), or `rows` and the rows;
# `!` where the folder cannot be read.
# A row: path, mode, owner:group, and SHA-256, `d`, `l` with the target, or `!` (unreadable); tabs between,
# sorted by path. PRUNE and HASHED are find expressions, already quoted. A PATH is hashed as what its
# KIND makes of it, because Carbon rewrites it without changing its meaning (carbon 1.5).
wm_normal() {
  case $1 in
    bundles) sed -e 's/[[:space:]]*,[[:space:]]*/,/g' -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' \
      -e '/^#/d' -e '/^$/d' -e '/dropins\//d' "$2" | sort ;;
    *) cat "$2" ;;
  esac
}
wm_tree_rows() {
  wm_tab=$(printf '\t')
  : > "$wm_dir/files"; : > "$wm_dir/modes"; : > "$wm_dir/other"; : > "$wm_dir/hashes"
  eval "find . $1 -type f \\( -fprintf \"\$wm_dir/modes\" '%P\t%m\t%u:%g\n' $2 -fprint0 \"\$wm_dir/files\" \\) \
    -o -type d -mindepth 1 -fprintf \"\$wm_dir/other\" '%P\t%m\t%u:%g\td\n' \
    -o -type l -fprintf \"\$wm_dir/other\" '%P\t%m\t%u:%g\tl%l\n' \
    -o ! -type f ! -type d -fprintf \"\$wm_dir/other\" '%P\t%m\t%u:%g\to\n'" 2>"$wm_dir/errors"
  xargs -0 -r -n 400 -P "$(nproc 2>/dev/null || echo 1)" sh -c '
    if command -v openssl >/dev/null 2>&1; then exec openssl dgst -sha256 -r "$@" > "$0.$$"
    else exec sha256sum -b "$@" > "$0.$$"; fi' "$wm_dir/part" < "$wm_dir/files" 2>/dev/null
  cat "$wm_dir"/part.* 2>/dev/null | sed "s/^\([0-9a-f]*\) \*\.\/\(.*\)/\2$wm_tab\1/" > "$wm_dir/hashes"
  shift 2
  while [ $# -gt 1 ]; do
    if [ -r "$2" ]; then
      wm_one=$(wm_normal "$1" "$2" | wm_hash); printf '%s\t%s\n' "$2" "${wm_one%% *}" >> "$wm_dir/hashes"
    fi
    shift 2
  done
  sort -t "$wm_tab" -k 1,1 -o "$wm_dir/modes" "$wm_dir/modes"
  sort -t "$wm_tab" -k 1,1 -o "$wm_dir/hashes" "$wm_dir/hashes"
  { join -t "$wm_tab" -a 1 -e '!' -o 1.1,1.2,1.3,2.2 "$wm_dir/modes" "$wm_dir/hashes"; cat "$wm_dir/other"; } | sort
}
wm_tree() {
  if [ ! -d "$2" ]; then wm_fields none; return; fi
  wm_dir=$(mktemp -d) || { wm_fields '!' 'no temporary folder'; return; }
  if (
    cd "$2" && wm_expected=$1 && shift 2 && wm_tree_rows "$@" > "$wm_dir/rows" &&
    wm_one=$(wm_hash "$wm_dir/rows") && [ "${wm_one%% *}" = "$wm_expected" ]
  ) 2>"$wm_dir/failed"; then wm_fields same
  elif [ -s "$wm_dir/rows" ]; then wm_fields rows "$(cat "$wm_dir/rows")" "$(cat "$wm_dir/errors")"
  elif [ -s "$wm_dir/failed" ]; then wm_fields '!' "$(cat "$wm_dir/failed")"
  else wm_fields rows '' ''
  fi
  rm -rf "$wm_dir"
}
