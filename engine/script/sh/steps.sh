# The acts. Each says on stderr what went wrong and returns non-zero.
# write LENGTH PATH MODE OWNER GROUP SHA256: LENGTH bytes of standard input land beside PATH, are hashed, then renamed.
wm_write() {
  wm_beside "$2" || { head -c "$1" >/dev/null; return 1; }
  # What finds no room is read all the same.
  head -c "$1" | { cat > "$wm_new" || { cat >/dev/null; exit 1; }; } && wm_in_place "$@" || wm_not_in_place
}
# write_text TEXT PATH MODE OWNER GROUP SHA256: the same with a text that stands in the request, by fewer processes.
wm_write_text() {
  wm_beside "$2" || return 1
  # Of a full disk the shell's own printf says that it is an I/O error; cat says what it is.
  { printf %s "$1" 2>/dev/null > "$wm_new" || printf %s "$1" | cat > "$wm_new"; } && { shift; wm_in_place 0 "$@"; } || wm_not_in_place
}
# beside PATH: a new, empty file of whoever runs this and nobody else, in $wm_new. Its name is not to be guessed: whoever may
# write there could lay a pipe in its place, which a shell opens all the same.
wm_beside() {
  read -r wm_one < /proc/sys/kernel/random/uuid && wm_new=$1.wmprov.${wm_one##*-} && ( set -C; umask 077; : > "$wm_new" )
}
# in_place SIZE PATH MODE OWNER GROUP SHA256: what has landed in $wm_new is held against its digest and renamed. SIZE only picks
# who hashes it.
wm_in_place() {
  wm_landed "$wm_new" "$1" "$6" || return 1
  # It has that mode already.
  if [ "$3" = 600 ]; then set -- "$1" "$2" '' "$4" "$5"; fi
  wm_attributes "$wm_new" "$3" "$4" "$5" && mv -f -T -- "$wm_new" "$2"
}
# not_in_place: it goes; the status is that of what has failed just before.
wm_not_in_place() { wm_rc=$?; rm -f -- "$wm_new"; return "$wm_rc"; }
# landed PATH SIZE SHA256: it has that digest.
wm_landed() {
  [ "$(wm_sum_of "$1" "$2")" = "$3" ] || { echo "$1: what landed is not what was sent" >&2; return 1; }
}
# attributes PATH MODE OWNER GROUP: sets those that are given.
wm_attributes() {
  if [ -n "$3" ] || [ -n "$4" ]; then chown -h -- "$3${4:+:$4}" "$1" || return 1; fi
  if [ -n "$2" ]; then chmod -- "$2" "$1" || return 1; fi
}
# folder PATH MODE OWNER GROUP
wm_folder() { mkdir -p -- "$1" && wm_attributes "$@"; }
# touch PATH MODE OWNER GROUP
wm_touch() { : >> "$1" && wm_attributes "$@"; }
# link PATH TARGET
wm_link() {
  wm_new=$1.wmprov.$$
  rm -f -- "$wm_new" && ln -s -- "$2" "$wm_new" && mv -f -T -- "$wm_new" "$1"
}
# hardlink PATH TARGET
wm_hardlink() {
  wm_new=$1.wmprov.$$
  rm -f -- "$wm_new" && ln -- "$2" "$wm_new" && mv -f -T -- "$wm_new" "$1"
}
# remove PATH
wm_remove() { rm -rf -- "$1"; }
# recursive PATH MODE OWNER GROUP: attributes of all that is under PATH; x is given to folders only, as `X` does.
wm_recursive() {
  if [ -n "$3" ] || [ -n "$4" ]; then chown -hR -- "$3${4:+:$4}" "$1" || return 1; fi
  if [ -n "$2" ]; then chmod -R -- "$2" "$1" || return 1; fi
}
# command STDIN-LENGTH FOLDER ARGV...: exit status, stdout, stderr; the status is the caller's to judge.
wm_command() {
  wm_answer "$1"; shift
  if [ -n "$wm_failed" ]; then head -c "$1" >/dev/null; wm_fields skipped '' ''; return; fi
  wm_temp || { head -c "$1" >/dev/null; wm_fields 125 '' 'no temporary folder'; wm_failed=1; return; }
  head -c "$1" > "$wm_dir/in"
  wm_folder_of_command=$2; shift 2
  ( wm_env && cd -- "${wm_folder_of_command:-.}" && exec "$@" ) < "$wm_dir/in" > "$wm_dir/out" 2> "$wm_dir/err" 9>&-
  wm_rc=$?
  wm_fields "$wm_rc" "$(base64 < "$wm_dir/out")" "$(base64 < "$wm_dir/err")"
  wm_clear
}
# append FILE LINE / strike FILE LINE: what a run owes, one line each.
wm_owe() { wm_mine "$1"; set -- "$wm_at" "$2"; mkdir -p "${1%/*}" && { grep -qxF -- "$2" "$1" 2>/dev/null || printf '%s\n' "$2" >> "$1"; } && sync "$1" 2>/dev/null; }
wm_paid() {
  wm_mine "$1"; set -- "$wm_at" "$2"
  [ -e "$1" ] || return 0
  # 1 is nothing left; what a full disk has cut would be forgotten.
  { grep -vxF -- "$2" "$1" > "$1.new" || [ $? = 1 ]; } && mv -f "$1.new" "$1" && { [ -s "$1" ] || rm -f "$1"; }
}
# record FILE LINE: adds a line to a history that keeps the last 1000.
wm_record() {
  wm_mine "$1"; set -- "$wm_at" "$2"
  mkdir -p -- "${1%/*}" && ( umask 077; { [ ! -s "$1" ] || tail -n 999 "$1"; } > "$1.new" && printf '%s\n' "$2" >> "$1.new" ) && mv -f -- "$1.new" "$1"
}
