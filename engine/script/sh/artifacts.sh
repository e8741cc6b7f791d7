# artifacts FOLDER: what is deployed: `-` (no such folder), or `f`, how many files, the digest of their rows, and the
# rows where they are few (the start of each digest, a blank, the path). Left out is what each server makes for itself
# (carbon 1.9): working copies, metadata, webapps unpacked beside their archive. Passwords that the server has sealed,
# each with another text, are compared without it. `!` where something may not be read.
wm_artifacts() {
  if [ ! -d "$1" ]; then
    if wm_hidden "$1"; then wm_fields '!' 'a folder above it may not be searched'; else wm_fields -; fi
    return
  fi
  wm_temp || { wm_fields '!' 'no temporary folder'; return; }
  (
    cd -- "$1" || exit 1
    find . \( -name .svn -o -name .git -o -name servicemetafiles -o -name modulemetafiles -o -name ghostmetafiles \) -prune \
      -o -path './webapps/*' -type d -exec test -e '{}.war' \; -prune -o -type f -print0 > "$wm_dir/files" || exit 1
    xargs -0 -r -n 400 sh -c '
      if command -v openssl >/dev/null 2>&1; then exec openssl dgst -sha256 -r "$@"; else exec sha256sum -b "$@"; fi' hash \
      < "$wm_dir/files" | sed 's#^\([0-9a-f]\{16\}\)[0-9a-f]* \*\./#\1 #' > "$wm_dir/hashes" || exit 1
    grep -E '^[0-9a-f]{16} (.*/)?event(publishers|receivers|adapters|-output-adapters)/[^/]*\.xml$' "$wm_dir/hashes" | cut -c 18- > "$wm_dir/sealed"
    if [ -s "$wm_dir/sealed" ]; then
      grep -vE '^[0-9a-f]{16} (.*/)?event(publishers|receivers|adapters|-output-adapters)/[^/]*\.xml$' "$wm_dir/hashes" > "$wm_dir/rest"
      while IFS= read -r wm_path; do
        wm_one=$(sed 's/\(encrypted="true"[^>]*>\)[^<]*</\1</g' "$wm_path" | wm_hash) || exit 1
        printf '%.16s %s\n' "$wm_one" "$wm_path"
      done < "$wm_dir/sealed" >> "$wm_dir/rest"
      mv -f -- "$wm_dir/rest" "$wm_dir/hashes"
    fi
    [ "$(tr -cd '\0' < "$wm_dir/files" | wc -c)" = "$(wc -l < "$wm_dir/hashes")" ] || { echo 'some files cannot be read' >&2; exit 1; }
    sort -k 2 -o "$wm_dir/hashes" "$wm_dir/hashes"
  ) 2>"$wm_dir/failed"
  if [ $? != 0 ]; then wm_fields '!' "$(head -n 3 "$wm_dir/failed")"
  else
    wm_fields f "$(wc -l < "$wm_dir/hashes")" "$(wm_hash_of "$wm_dir/hashes")"
    if [ "$(wc -c < "$wm_dir/hashes")" -le 20000 ]; then wm_fields "$(cat "$wm_dir/hashes")"; else wm_fields ''; fi
  fi
  wm_clear
}
