# The way back: what later generations replaced becomes what generation TO had. UNIT is the node's unit file; OWNER whose the files
# of TO were, `-` where its record does not say.
# replaced STATE HOME UNIT TO OWNER: `g` and the lines of `wm_comes_back`, or `!` and why they cannot be told.
wm_replaced() {
  wm_temp || { wm_fields '!' 'no temporary folder'; return; }
  if wm_comes_back "$@" > "$wm_dir/list" 2> "$wm_dir/failed"; then wm_fields g "$(cat "$wm_dir/list")"
  else wm_fields '!' "$(cat "$wm_dir/failed")"; fi
  wm_clear
}
# comes_back, the same words: what is done to come back, a line each, sorted by path; tabs between:
#   verb: put, unit, gone, empty (a folder that was not there goes if nothing is in it), folder, attributes, or stays
#   the generation that keeps what comes back, or found that nothing was there
#   mode, owner:group
#   had (this is what TO had, by the Manifest's rows as TO left them), other (it is not, nor is anything that is kept), `-` (no
#   row tells). Of `stays` it speaks of what that generation found, where the path lies as TO had it: other, or none
#   path
# Needs a temporary folder.
wm_comes_back() {
  wm_tab=$(printf '\t'); wm_state=$1 wm_home=$2 wm_whose=$5 wm_none=$wm_tab wm_next=''
  wm_key=$(cat "$1/key" 2>/dev/null) || wm_key=
  for wm_part in rows records; do : > "$wm_dir/$wm_part"; done
  for wm_n in $(wm_kept_after "$1" "$4"); do
    wm_old=$1/previous/$wm_n
    cat "$wm_old.rows" >> "$wm_dir/rows" || return 1
    { if [ -d "$wm_old" ]; then ( cd -- "$wm_old" && find . -mindepth 1 -printf "%P\t$wm_n\t%y\t%m\t%u:%g\n" ) || return 1; fi
      if [ -e "$wm_old.new" ]; then sed "s/\$/$wm_tab$wm_n${wm_tab}n$wm_tab-$wm_tab-/" "$wm_old.new" || return 1; fi
      if [ -e "$wm_old.modes" ]; then sed "s/^\([^$wm_tab]*\)$wm_tab/\1$wm_tab$wm_n${wm_tab}m$wm_tab/" "$wm_old.modes" || return 1; fi
      if [ -e "$wm_old.unit" ]; then printf '%s\t%s\tf\t644\troot:root\n' "$3" "$wm_n"; fi
    } >> "$wm_dir/records" || return 1
    if [ -e "$wm_old.unit-row" ]; then printf '%s\t%s\n' "$3" "$(cat "$wm_old.unit-row")" >> "$wm_dir/rows"; fi
  done
  # What lies there now, as generation 0; `n` is nothing.
  cut -f 1 "$wm_dir/records" | sort -u > "$wm_dir/paths"
  { ( cd -- "$2" 2>/dev/null && grep -v '^/' "$wm_dir/paths" | sed 's#^#./#' | tr '\n' '\0' |
        xargs -0 -r sh -c 'exec find "$@" -maxdepth 0 -printf "%p\t0\t%y\t%m\t%u:%g\n"' wmprov 2>/dev/null | sed 's#^\./##' )
    [ ! -e "$3" ] || printf '%s\t0\tf\t644\troot:root\n' "$3"; } > "$wm_dir/now"
  sed "s/\$/${wm_tab}0${wm_tab}n$wm_tab-$wm_tab-/" "$wm_dir/paths" | sort -s -u -t "$wm_tab" -k 1,1 - >> "$wm_dir/now"
  sort -s -u -t "$wm_tab" -k 1,1 -o "$wm_dir/now" "$wm_dir/now"
  sort -s -u -t "$wm_tab" -k 1,1 -o "$wm_dir/rows" "$wm_dir/rows"
  sort -s -t "$wm_tab" -k 1,1 -k 2,2n "$wm_dir/records" "$wm_dir/now" |
    join -t "$wm_tab" -a 1 -e '?' -o 1.1,1.2,1.3,1.4,1.5,2.2 - "$wm_dir/rows" > "$wm_dir/all"
  while IFS=$wm_tab read -r wm_one wm_n wm_kind wm_mode wm_owner wm_row; do
    if [ "$wm_one" != "$wm_next" ]; then wm_path_ends; wm_path_begins; else wm_path_record; fi
  done < "$wm_dir/all"
  wm_path_ends
  # Where there was no room the lists are cut short.
  printf . > "$wm_dir/room"
}
# kept_after STATE TO: the generations after TO of which is kept what they replaced, the oldest first.
wm_kept_after() {
  ls "$1/previous" 2>/dev/null | sed -n 's/^\([0-9]*\)\.rows$/\1/p' | sort -n | while read -r wm_n; do
    [ "$wm_n" -le "$2" ] || echo "$wm_n"
  done
}
# path_begins: the next path begins with what it is now. What lay in a folder that TO did not have was not there either.
wm_path_begins() {
  wm_next=$wm_one wm_now_kind=$wm_kind wm_now_mode=$wm_mode wm_now_owner=$wm_owner wm_wish=$wm_row
  wm_old_n='' wm_old_kind='' wm_had_n='' wm_then_mode='' wm_then_owner='' wm_set='' wm_lies=''
  if [ "$wm_wish" = '?' ]; then
    case $wm_next in */*) case $wm_none in *"$wm_tab${wm_next%/*}$wm_tab"*) wm_wish=- ;; esac ;; esac
  fi
}
# path_record: one record of the path, the oldest first.
wm_path_record() {
  if [ -z "$wm_then_mode" ] && [ "$wm_mode" != - ]; then wm_then_mode=$wm_mode wm_then_owner=$wm_owner; fi
  if [ "$wm_kind" = m ]; then wm_set=1; return; fi
  if [ -z "$wm_old_n" ]; then
    wm_old_n=$wm_n wm_old_kind=$wm_kind
    if wm_is_wished "$wm_now_kind" 0; then wm_lies=1; fi
  fi
  if [ -z "$wm_had_n" ] && wm_is_wished "$wm_kind" "$wm_n"; then wm_had_n=$wm_n wm_had_kind=$wm_kind; fi
}
# is_wished KIND N: what generation N keeps of the path, or of 0 what lies there now, is what the row of TO says.
wm_is_wished() {
  wm_what=${wm_wish#* } wm_file=$wm_state/previous/$2/$wm_next
  case $wm_next in
    /*) if [ "$2" = 0 ]; then wm_file=$wm_next; else wm_file=$wm_state/previous/$2.unit; fi ;;
    *) [ "$2" != 0 ] || wm_file=$wm_home/$wm_next ;;
  esac
  case $1$wm_what in
    'n-' | 'dd -') ;;
    'll '*) [ "$(readlink -- "$wm_file")" = "${wm_what#l }" ] ;;
    'ff k:'*) [ "$(wm_keyed "$(wm_hash_of "$wm_file")")" = "${wm_what#f k:}" ] ;;
    'ff '*) [ "$(wm_hash_of "$wm_file")" = "${wm_what#f }" ] || {
        # Carbon writes it anew at each start (carbon 1.5).
        case $wm_next in */bundles.info) wm_one=$(wm_normal < "$wm_file" | wm_hash); [ "${wm_one%% *}" = "${wm_what#f }" ] ;; *) false ;; esac
      } ;;
    *) false ;;
  esac
}
# path_ends: the line of a path of which all records have been read.
wm_path_ends() {
  [ -n "$wm_next" ] || return 0
  if [ "$wm_wish$wm_old_kind" = -d ]; then wm_none=$wm_none$wm_next$wm_tab; fi
  wm_verb='' wm_said=-
  if [ "$wm_wish" != '?' ]; then wm_said=other; fi
  if [ -n "$wm_lies" ]; then
    if [ "$wm_had_n" != "$wm_old_n" ]; then wm_aim "$wm_old_kind"; wm_comes stays "$wm_old_n" "$(if [ "$wm_old_kind" = n ]; then echo none; else echo other; fi)"; fi
  elif [ -n "$wm_old_n" ]; then
    if [ -n "$wm_had_n" ]; then wm_old_n=$wm_had_n wm_old_kind=$wm_had_kind wm_said=had; fi
    case $wm_old_kind$wm_now_kind in
      nd) wm_verb=empty ;;
      n*) wm_verb=gone ;;
      dd) ;;
      d*) wm_verb=folder ;;
      *) case $wm_next in /*) wm_verb=unit ;; *) wm_verb=put ;; esac ;;
    esac
    if [ -n "$wm_verb" ]; then wm_aim "$wm_old_kind"; wm_comes "$wm_verb" "$wm_old_n" "$wm_said"; return; fi
  fi
  # A mode would be that of what a link leads to.
  case $wm_now_kind$wm_next in n* | l* | ?/*) return 0 ;; esac
  if [ -z "$wm_set" ]; then
    case $wm_wish in - | '?') return 0 ;; esac
    wm_then_owner=$wm_now_owner
  fi
  wm_aim "$wm_now_kind"
  if [ "$wm_aimed" != "$wm_now_mode$wm_tab$wm_now_owner" ]; then wm_comes attributes - -; fi
}
# aim KIND: mode and owner as TO had them, of what is of that kind.
wm_aim() {
  case $wm_wish in
    [0-7]*" $1 "*) wm_aimed=${wm_wish%% *} ;;
    *) wm_aimed=${wm_then_mode:--} ;;
  esac
  if [ "$wm_whose" = - ]; then wm_aimed=$wm_aimed$wm_tab${wm_then_owner:--}; else wm_aimed=$wm_aimed$wm_tab$wm_whose; fi
}
# comes VERB GENERATION HAD: a line of the list.
wm_comes() { printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$wm_aimed" "$3" "$wm_next"; }
# back, the same words: stages what comes back: copies, because a link would let the server write into what is kept.
wm_back() {
  wm_tab=$(printf '\t'); wm_now=$(cut -d ' ' -f 1 "$1/generation")
  wm_stage "$1" && rm -rf -- "$1/stage" "$1/unit.back" && mkdir -- "$1/stage" && wm_temp || return 1
  wm_staged_back "$@" || { rm -rf -- "$wm_dir" "$1/stage"; return 1; }
  rm -rf -- "$wm_dir" && printf 'back to %s\n' "$4" > "$1/ready"
}
wm_staged_back() {
  wm_n=$(($4 + 1))
  while [ "$wm_n" -le "$wm_now" ]; do
    [ -e "$1/previous/$wm_n.rows" ] || { echo "what generation $wm_n replaced is no longer kept" >&2; return 1; }
    wm_n=$((wm_n + 1))
  done
  wm_comes_back "$@" > "$wm_dir/list" || return 1
  while IFS=$wm_tab read -r wm_verb wm_n wm_mode wm_owner wm_had wm_path; do
    case $wm_verb in
      put)
        case $wm_path in */*) mkdir -p -- "$1/stage/${wm_path%/*}" || return 1 ;; esac
        cp -a -- "$1/previous/$wm_n/$wm_path" "$1/stage/$wm_path" || return 1
        # A mode would be that of what it leads to.
        [ ! -L "$1/stage/$wm_path" ] || wm_mode=
        wm_attributes "$1/stage/$wm_path" "$wm_mode" "${wm_owner%%:*}" "${wm_owner#*:}" || return 1 ;;
      unit) cp -p -- "$1/previous/$wm_n.unit" "$1/unit.back" || return 1 ;;
    esac
  done < "$wm_dir/list"
  # What was in the way goes first. Folders that are new go last, the deepest first, and only where nothing is in them.
  ( umask 077
    { for wm_verb in gone folder put attributes; do wm_planned "$wm_verb" || exit; done; wm_planned empty | sort -r; } > "$1/plan" &&
    # Of what no record tells the Manifest has no row.
    sed "/^\//d; s/$wm_tab?\$/$wm_tab-/" "$wm_dir/rows" > "$1/manifest.rows" )
}
# planned VERB: its lines of the list as lines of a plan.
wm_planned() {
  sed -n "s/^$1$wm_tab[^$wm_tab]*$wm_tab\([^$wm_tab]*$wm_tab[^$wm_tab]*$wm_tab\)[^$wm_tab]*$wm_tab/$1$wm_tab-$wm_tab\1/p" "$wm_dir/list"
}
# unit_back STATE N FILE: the unit file that was kept takes the place of the present one.
wm_unit_back() {
  [ -e "$1/unit.back" ] || return 0
  wm_keep_unit "$1" "$2" "$3" && cp -p -- "$1/unit.back" "$3.new" && mv -f -- "$3.new" "$3" &&
    wm_note "$1" unit "$(wm_hash_of "$3")" && systemctl daemon-reload && rm -f -- "$1/unit.back"
}
