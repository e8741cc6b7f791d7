# The transaction of a Home. STATE lies beside the Home, on the same file system, and holds:
#   stage/       what has landed and waits         ready      the id of a complete stage
#   plan         what is to be done, one line each  journal    the plan while it is being done
#   manifest     rows of what was last written      generation one line about the last write
#   previous/N/  what generation N replaced         unpacking  the lock of an upload
# A line of the plan: verb, SHA-256 (of a link its target's), mode, owner:group, path; tabs between; verbs put, gone,
# folder, attributes, and empty of a rollback (back.sh).
# stage STATE: an empty place for an upload, kept where one is there (an interrupted upload goes on). Says `new` where
# none was: then nothing has landed.
wm_stage() {
  wm_was=
  if [ ! -e "$1/stage" ]; then
    wm_was=new; mkdir -p -- "$1/stage" && chmod 755 -- "$1" || return 1
  fi
  [ ! -e "$1/ready" ] || rm -f -- "$1/ready" || return 1
  [ ! -e "$1/unpacking" ] || flock -w 60 "$1/unpacking" true || { echo 'the upload of a dead run does not end' >&2; return 1; }
  printf %s "$wm_was"
}
# unstage STATE: what a run that was cut has staged goes, as nobody wants it any more.
wm_unstage() {
  if [ -e "$1/journal" ]; then return 0; fi
  wm_stage "$1" > /dev/null && rm -rf -- "$1/stage" "$1/plan" "$1/unit.back" "$1/record.new" "$1/generation.new" "$1/manifest.rows" "$1/unpacking" "$1/anew"
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
    if [ -L "$1/stage/$wm_path" ]; then wm_one=$(readlink -n -- "$1/stage/$wm_path" | wm_hash); wm_one=${wm_one%% *} wm_mode=
    else wm_one=$(wm_hash_of "$1/stage/$wm_path"); fi
    [ "$wm_one" = "$wm_sum" ] || { echo "$wm_path: what landed is not what was sent" >&2; return 1; }
    wm_attributes "$1/stage/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1
  done < "$1/plan"
  printf '%s\n' "$2" > "$1/ready.new" && sync "$1/ready.new" && mv -f -- "$1/ready.new" "$1/ready"
}
# folder_there PATH: a folder is there, and no link to one.
wm_folder_there() { [ -d "$1" ] && [ ! -L "$1" ]; }
# keep STATE N HOME PATH: links what will be replaced aside, once; what did not exist is noted. A folder is linked file by
# file, after a cut what is left of it.
wm_keep() {
  if wm_folder_there "$3/$4" || { [ ! -e "$1/previous/$2/$4" ] && [ ! -L "$1/previous/$2/$4" ]; }; then
    if [ -e "$3/$4" ] || [ -L "$3/$4" ]; then
      mkdir -p -- "$1/previous/$2" && ( cd -- "$3" && cp -al --parents -- "$4" "$1/previous/$2" )
    else
      mkdir -p -- "$1/previous" && { grep -qxF -- "$4" "$1/previous/$2.new" 2>/dev/null || printf '%s\n' "$4" >> "$1/previous/$2.new"; }
    fi
  fi
}
# keep_mode STATE N HOME PATH: notes mode and owner before they are set, once.
wm_keep_mode() {
  [ -e "$3/$4" ] || return 0
  cut -f 1 "$1/previous/$2.modes" 2>/dev/null | grep -qxF -- "$4" ||
    printf '%s\t%s\n' "$4" "$(stat -c '%a	%U:%G' -- "$3/$4")" >> "$1/previous/$2.modes"
}
# keep_rows STATE N: notes the Manifest's rows of what will be written, once; its being there says that N is kept. A path that
# the Manifest has not gets `-`: it was not there; or `?` where the Manifest has just been written anew and cannot tell.
wm_keep_rows() {
  mkdir -p -- "$1/previous" && chmod 700 -- "$1/previous" || return 1
  [ ! -e "$1/previous/$2.rows" ] || return 0
  touch "$1/manifest" && { [ -e "$1/manifest.rows" ] || : > "$1/manifest.rows"; } &&
    join -t "$wm_tab" -a 1 -e "$(if [ -e "$1/anew" ]; then echo '?'; else echo -; fi)" -o 0,2.2 "$1/manifest.rows" "$1/manifest" > "$1/previous/$2.part" &&
    mv -f -- "$1/previous/$2.part" "$1/previous/$2.rows"
}
# keep_unit STATE N FILE: keeps a unit file that will be replaced, and the digest of what was written there last, once.
wm_keep_unit() {
  if [ ! -e "$3" ] || [ -e "$1/previous/$2.unit" ]; then return 0; fi
  mkdir -p -- "$1/previous" && { [ ! -s "$1/unit" ] || printf '644 f %s\n' "$(cat "$1/unit")" > "$1/previous/$2.unit-row"; } &&
    cp -p -- "$3" "$1/previous/$2.unit"
}
# way HOME PATH: what leads to PATH are folders of the Home. The server's user may have laid a link in the place of one, and what
# root writes there would land wherever that leads.
wm_way() {
  wm_above=${2%/*}
  if [ "$wm_above" = "$2" ] || [ "$wm_above" = "$wm_known" ]; then return 0; fi
  wm_step=$1 wm_rest=$wm_above/
  while [ -n "$wm_rest" ]; do
    wm_step=$wm_step/${wm_rest%%/*} wm_rest=${wm_rest#*/}
    if [ -L "$wm_step" ]; then echo "$wm_step is a link to $(readlink -- "$wm_step"), which is not followed" >&2; return 1; fi
  done
  wm_known=$wm_above
}
# commit STATE HOME N KEEP: does the plan; may be cut anywhere and done again.
wm_commit() {
  wm_tab=$(printf '\t'); wm_known=
  if [ ! -e "$1/journal" ]; then
    cp -- "$1/plan" "$1/journal.new" && sync "$1/journal.new" && mv -f -- "$1/journal.new" "$1/journal" || return 1
  fi
  wm_keep_rows "$1" "$3" || return 1
  while IFS=$wm_tab read -r wm_verb wm_sum wm_mode wm_owner wm_path; do
    wm_way "$2" "$wm_path" || return 1
    case $wm_verb in
      put)
        if [ -e "$1/stage/$wm_path" ] || [ -L "$1/stage/$wm_path" ]; then
          wm_keep "$1" "$3" "$2" "$wm_path" || return 1
          case $wm_path in */*) mkdir -p -- "$2/${wm_path%/*}" || return 1 ;; esac
          if wm_folder_there "$2/$wm_path"; then rm -rf -- "$2/$wm_path" || return 1; fi
          mv -f -T -- "$1/stage/$wm_path" "$2/$wm_path" || return 1
        fi ;;
      gone)
        if [ -e "$2/$wm_path" ] || [ -L "$2/$wm_path" ]; then
          wm_keep "$1" "$3" "$2" "$wm_path" && rm -rf -- "$2/$wm_path" || return 1
        fi ;;
      empty) rmdir -- "$2/$wm_path" 2>/dev/null || : ;;
      folder)
        # A link in its place is none of ours to follow; what it leads to stays as it is.
        if wm_folder_there "$2/$wm_path"; then wm_keep_mode "$1" "$3" "$2" "$wm_path"
        else wm_keep "$1" "$3" "$2" "$wm_path" && rm -f -- "$2/$wm_path"; fi &&
        wm_folder "$2/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1 ;;
      attributes)
        # What has gone since has none (of a rollback: an apply looks at the Home again).
        if [ ! -e "$2/$wm_path" ] && [ ! -L "$2/$wm_path" ]; then continue; fi
        # A mode would be that of what it leads to.
        [ ! -L "$2/$wm_path" ] || wm_mode=
        wm_keep_mode "$1" "$3" "$2" "$wm_path" &&
        wm_attributes "$2/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1 ;;
      *) echo "the plan holds \`$wm_verb\`" >&2; return 1 ;;
    esac
  done < "$1/journal"
  wm_close "$1" "$4"
}
# close STATE KEEP: the manifest takes in the rows of the plan (`manifest.rows`), the record is filed, then the journal goes.
wm_close() {
  wm_tab=$(printf '\t')
  if [ -e "$1/manifest.rows" ]; then
    # Each apart: what a full disk has cut must not take the Manifest's place.
    touch "$1/manifest" && sort -s -u -t "$wm_tab" -k 1,1 -o "$1/manifest.part" "$1/manifest.rows" "$1/manifest" &&
      sed "/$wm_tab-\$/d" "$1/manifest.part" > "$1/manifest.new" && rm -f -- "$1/manifest.part" && wm_seal "$1" &&
      mv -f -- "$1/manifest.new" "$1/manifest" && rm -f -- "$1/manifest.rows" || return 1
  fi
  if [ -e "$1/record.new" ]; then
    if [ ! -s "$1/generations" ]; then
      sync "$1/record.new" && mv -f -- "$1/record.new" "$1/generations" || return 1
    else
      grep -qxF -f "$1/record.new" "$1/generations" || {
        { tail -n 199 "$1/generations" && cat "$1/record.new"; } > "$1/generations.new" &&
          chmod 600 "$1/generations.new" && sync "$1/generations.new" && mv -f -- "$1/generations.new" "$1/generations"
      } || return 1
      rm -f -- "$1/record.new"
    fi
  fi
  [ ! -e "$1/generation.new" ] || mv -f -- "$1/generation.new" "$1/generation" || return 1
  sync "$1" 2>/dev/null
  rm -rf -- "$1/journal" "$1/ready" "$1/plan" "$1/stage" "$1/unpacking" "$1/anew"
  wm_prune "$1" "$2"
}
# prune STATE KEEP: the oldest predecessors go: those beyond KEEP, and those that take more than is left free.
wm_prune() {
  [ -d "$1/previous" ] || return 0
  while :; do
    wm_oldest=$(ls "$1/previous" 2>/dev/null | sed -n 's/^\([0-9]*\)\.rows$/\1/p' | sort -n)
    wm_count=$(printf '%s\n' "$wm_oldest" | grep -c .)
    wm_oldest=$(printf '%s\n' "$wm_oldest" | head -n 1)
    [ "$wm_count" -gt 0 ] || return 0
    if [ "$wm_count" -le "$2" ]; then
      wm_used=$(du -sk "$1/previous" | cut -f 1); wm_free=$(df -Pk "$1" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)
      if [ "$wm_count" -le 1 ] || [ "${wm_used:-0}" -le "${wm_free:-0}" ]; then return 0; fi
    fi
    # The rows go first: without them the rest counts as not kept.
    rm -f -- "$1/previous/$wm_oldest.rows" && rm -rf -- "$1/previous/$wm_oldest" "$1/previous/$wm_oldest".* || return 1
  done
}
# seal STATE: in the new manifest, the digest of a file that holds a secret (`secret`: their paths) is keyed, so that
# nobody but root can try passwords against it. Digests that are keyed already stay.
wm_seal() {
  [ -s "$1/secret" ] || return 0
  if [ ! -s "$1/key" ]; then
    ( umask 077; head -c 32 /dev/urandom | base64 > "$1/key.new" ) && mv -f -- "$1/key.new" "$1/key" || return 1
  fi
  wm_key=$(cat "$1/key") || return 1
  join -t "$wm_tab" "$1/secret" "$1/manifest.new" | while IFS=$wm_tab read -r wm_path wm_row; do
    case $wm_row in
      *' f k:'*) ;;
      *' f '*) printf '%s\t%s f k:%s\n' "$wm_path" "${wm_row%% *}" "$(wm_keyed "${wm_row##* }")" || exit 1 ;;
    esac
  done > "$1/manifest.sealed" &&
  sort -s -u -t "$wm_tab" -k 1,1 "$1/manifest.sealed" "$1/manifest.new" > "$1/manifest.part" &&
    mv -f -- "$1/manifest.part" "$1/manifest.new" && rm -f -- "$1/manifest.sealed"
}
# manifest STATE: a Manifest that was written anew (`manifest.new`) is sealed and takes its place.
wm_manifest() {
  wm_tab=$(printf '\t')
  wm_seal "$1" && chmod 644 -- "$1/manifest.new" && mv -f -- "$1/manifest.new" "$1/manifest"
}
# install STATE HOME KEEP: the first install, a whole Home renamed into place; its lines become the manifest.
wm_install() {
  [ ! -e "$1/lines" ] || { mv -f -- "$1/lines" "$1/manifest.new" && wm_manifest "$1"; } || return 1
  if [ ! -e "$2" ]; then mv -T -- "$1/stage" "$2" || return 1; fi
  wm_close "$1" "$3"
}
# verify STATE EXPECTED, then the words of `tree` from OWNER on: the staged Home has the digest that is expected; keeps its lines.
wm_verify() {
  wm_state=$1 wm_expected=$2; shift 2
  wm_temp || return 1
  ( cd -- "$wm_state/stage" && umask 077 && wm_tree_lines "$@" > "$wm_state/lines" ) || { wm_clear; return 1; }
  if [ "$(wm_hash_of "$wm_state/lines")" = "$wm_expected" ] && [ ! -s "$wm_dir/foreign" ]; then wm_clear
  else cat "$wm_dir/errors" "$wm_dir/foreign" >&2; rm -f -- "$wm_state/lines"; wm_clear; echo "the files that landed are not those that were sent" >&2; return 1
  fi
}
# note STATE NAME TEXT: a small file of the state, replaced at once.
wm_note() { printf '%s\n' "$3" > "$1/$2.new" && sync "$1/$2.new" && mv -f -- "$1/$2.new" "$1/$2"; }
