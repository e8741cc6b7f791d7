# The transaction of a Home. STATE lies beside the Home, on the same file system, and holds:
#   stage/       what has landed and waits         ready      the id of a complete stage
#   plan         what is to be done, one line each  journal    the plan while it is being done
#   manifest     rows of what was last written      generation one line about the last write
#   previous/N/  what generation N replaced         unpacking  the lock of an upload
# A line of the plan: verb, SHA-256, mode, owner:group, path; tabs between; verbs put, gone, folder, attributes.
# stage STATE: an empty place for an upload, kept where one is there (an interrupted upload goes on).
wm_stage() {
  mkdir -p -- "$1/stage" && chmod 755 -- "$1" && rm -f -- "$1/ready" || return 1
  flock -w 60 "$1/unpacking" true || { echo 'the upload of a dead run does not end' >&2; return 1; }
}
# sweep STATE: of what has landed only that stays which stands in the list `kept`.
wm_sweep() {
  ( cd -- "$1/stage" && find . ! -type d | sed 's#^\./##' | sort > ../landed && sort -o ../kept ../kept &&
    comm -23 ../landed ../kept | tr '\n' '\0' | xargs -0 -r rm -f -- && find . -mindepth 1 -depth -type d -empty -delete ) || return 1
  rm -f -- "$1/landed" "$1/kept"
}
# ready STATE ID: checks that all that the plan puts has landed, then says so.
wm_ready() {
  wm_tab=$(printf '\t')
  while IFS=$wm_tab read -r wm_verb wm_sum wm_mode wm_owner wm_path; do
    [ "$wm_verb" = put ] || continue
    [ "$(wm_hash_of "$1/stage/$wm_path")" = "$wm_sum" ] || { echo "$wm_path: what landed is not what was sent" >&2; return 1; }
    wm_attributes "$1/stage/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1
  done < "$1/plan"
  printf '%s\n' "$2" > "$1/ready.new" && sync "$1/ready.new" && mv -f -- "$1/ready.new" "$1/ready"
}
# keep STATE N HOME PATH: links what will be replaced aside, once; what did not exist is noted.
wm_keep() {
  if [ -e "$3/$4" ] || [ -L "$3/$4" ]; then
    [ -e "$1/previous/$2/$4" ] || [ -d "$3/$4" ] && return 0
    case $4 in */*) mkdir -p -- "$1/previous/$2/${4%/*}" ;; *) mkdir -p -- "$1/previous/$2" ;; esac &&
    ln -P -- "$3/$4" "$1/previous/$2/$4"
  else
    mkdir -p -- "$1/previous" && { grep -qxF -- "$4" "$1/previous/$2.new" 2>/dev/null || printf '%s\n' "$4" >> "$1/previous/$2.new"; }
  fi
}
# commit STATE HOME N: does the plan; may be cut anywhere and done again.
wm_commit() {
  wm_tab=$(printf '\t')
  if [ ! -e "$1/journal" ]; then
    cp -- "$1/plan" "$1/journal.new" && sync "$1/journal.new" && mv -f -- "$1/journal.new" "$1/journal" || return 1
  fi
  while IFS=$wm_tab read -r wm_verb wm_sum wm_mode wm_owner wm_path; do
    case $wm_verb in
      put)
        if [ -e "$1/stage/$wm_path" ] || [ -L "$1/stage/$wm_path" ]; then
          wm_keep "$1" "$3" "$2" "$wm_path" || return 1
          case $wm_path in */*) mkdir -p -- "$2/${wm_path%/*}" || return 1 ;; esac
          mv -f -T -- "$1/stage/$wm_path" "$2/$wm_path" || return 1
        fi ;;
      gone)
        if [ -e "$2/$wm_path" ] || [ -L "$2/$wm_path" ]; then
          wm_keep "$1" "$3" "$2" "$wm_path" && rm -rf -- "$2/$wm_path" || return 1
        fi ;;
      folder) wm_folder "$2/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1 ;;
      attributes) wm_attributes "$2/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1 ;;
      *) echo "the plan holds \`$wm_verb\`" >&2; return 1 ;;
    esac
  done < "$1/journal"
  wm_close "$1"
}
# close STATE: the manifest takes in the rows of the plan (`manifest.rows`), then the journal goes.
wm_close() {
  wm_tab=$(printf '\t')
  if [ -e "$1/manifest.rows" ]; then
    touch "$1/manifest" && sort -s -u -t "$wm_tab" -k 1,1 "$1/manifest.rows" "$1/manifest" |
      grep -v "$wm_tab-\$" > "$1/manifest.new"
    mv -f -- "$1/manifest.new" "$1/manifest" && rm -f -- "$1/manifest.rows"
  fi
  [ ! -e "$1/generation.new" ] || mv -f -- "$1/generation.new" "$1/generation" || return 1
  sync "$1" 2>/dev/null
  rm -rf -- "$1/journal" "$1/ready" "$1/plan" "$1/stage" "$1/unpacking"
}
# install STATE HOME: the first install, a whole Home renamed into place; its lines become the manifest.
wm_install() {
  if [ ! -e "$2" ]; then mv -T -- "$1/stage" "$2" || return 1; fi
  [ ! -e "$1/lines" ] || mv -f -- "$1/lines" "$1/manifest" || return 1
  wm_close "$1"
}
# verify STATE EXPECTED, then the words of `tree` from OWNER on: the staged Home has the digest that is expected; keeps its lines.
wm_verify() {
  wm_state=$1 wm_expected=$2; shift 2
  wm_temp || return 1
  ( cd -- "$wm_state/stage" && wm_tree_lines "$@" > "$wm_dir/lines" ) || { rm -rf "$wm_dir"; return 1; }
  if [ "$(wm_hash_of "$wm_dir/lines")" = "$wm_expected" ] && [ ! -s "$wm_dir/foreign" ]; then
    cat "$wm_dir/lines" > "$wm_state/lines" && rm -rf "$wm_dir"
  else cat "$wm_dir/errors" "$wm_dir/foreign" >&2; rm -rf "$wm_dir"; echo "the files that landed are not those that were sent" >&2; return 1
  fi
}
# note STATE NAME TEXT: a small file of the state, replaced at once.
wm_note() { printf '%s\n' "$3" > "$1/$2.new" && sync "$1/$2.new" && mv -f -- "$1/$2.new" "$1/$2"; }
