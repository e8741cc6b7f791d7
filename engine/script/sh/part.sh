# A part of a backup goes out raw: `begin`, then a word on standard input, so that nothing but the part follows what was
# asked; then a NUL, the nonce, and how it ended. What it needs secretly comes as $wm_secret, in a file of its own.
wm_stream() {
  wm_temp || return 1
  wm_answer begin
  IFS= read -r wm_word || return 1
  "$@" 2> "$wm_dir/err"; wm_rc=$?
  wm_fields ''; wm_answer part; wm_fields "$wm_rc" "$(tail -c 4000 "$wm_dir/err")"
  wm_answer end
}
# as USER:GROUP ARGV...: as the user that a server runs as, where this is root. What lies in a Home is that user's to change, so
# whatever links it has put there lead to what it may read and write itself, and to nothing else.
wm_as() {
  wm_who=$1; shift
  if [ -n "$wm_who" ] && wm_root; then runuser -u "${wm_who%%:*}" -g "${wm_who#*:}" -- "$@"; else "$@"; fi
}
# there PATH...: those of the paths under the working folder that are there, in $wm_dir/list. Where somebody has put
# a link in a folder's place, what the folder has is taken.
wm_there() {
  for wm_path in "$@"; do
    if [ -L "$wm_path" ] && [ -d "$wm_path" ]; then printf '%s/.\0' "$wm_path"
    elif [ -e "$wm_path" ] || [ -L "$wm_path" ]; then printf '%s\0' "$wm_path"; fi
  done > "$wm_dir/list"
}
# outside PATH...: says which links below them lead out of them: what is there is not taken.
wm_outside() {
  for wm_path in "$@"; do
    [ -d "$wm_path" ] || continue
    find -H "$wm_path" -name .svn -prune -o -type l -exec sh -c 'root=$1; shift; for one; do
      case $(readlink -f -- "$one")/ in "$root"/*) ;; *) printf "outside: %s\n" "$one" ;; esac; done' sh "$(readlink -f -- "$wm_path")" {} + >&2
  done
}
# pack WHOSE FOLDER PATH...: a tar of what is there, as WHOSE reads it, without working copies' own folders, which belong to one
# repository.
wm_pack() {
  wm_whose=$1; cd -- "$2" || return 2
  shift 2; wm_there "$@"; wm_outside "$@"
  wm_as "$wm_whose" tar -c --exclude=.svn --null -T - -f - < "$wm_dir/list"
}
# room FOLDER KILOBYTES: a folder of our own there, where so much and a tenth more is free. It goes with the script.
wm_room() {
  wm_free=$(df -Pk -- "$1" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)
  if [ "${wm_free:-0}" -lt $(($2 + $2 / 10 + 1024)) ]; then
    echo "No space left for a copy: $1 has ${wm_free:-0} kB free, and $2 kB are copied" >&2; return 2
  fi
  wm_copy=$(mktemp -d "$1/.wmprov-copy.XXXXXX") || return 2
}
# repository PATH: a hot copy of an svn repository, beside it, as a tar. Its passwords are the inventory's, and stay.
wm_repository() {
  command -v svnadmin >/dev/null 2>&1 || { echo 'there is no svnadmin' >&2; return 2; }
  wm_room "${1%/*}" "$(du -sk -- "$1" | cut -f 1)" || return
  svnadmin hotcopy "$1" "$wm_copy/repository" >&2 && svnlook youngest "$wm_copy/repository" >&2 &&
    tar -C "$wm_copy/repository" -c --exclude=./conf/passwd -f - .
}
# h2 WHOSE HOME STATE UNIT MOST: the files of a node's H2 databases. A database in use is a moving target, so a server that
# runs, whoever has started it, is halted (SIGSTOP) while they are copied: what is on the disk then is what kill -9 would
# leave, which H2 mends when it is opened. More than MOST kilobytes are not copied so. Whatever ends this script, the server
# goes on: by the trap, or by a guard that nothing but time can stop.
wm_h2() {
  wm_whose=$1; shift
  wm_java_of "$1" "$3"
  cd -- "$1/repository/database" 2>/dev/null || { cd -- "$1" && wm_there; tar -c --null -T - -f - < "$wm_dir/list"; return; }
  find . -mindepth 1 -maxdepth 1 \( -name '*.h2.db' -o -name '*.mv.db' -o -name '*.lobs.db' -o -name '*.data.db' -o -name '*.index.db' \) -print0 > "$wm_dir/list"
  # What a link leads to is the database.
  wm_pids=$wm_pid${wm_second:+ $wm_second}
  if [ -z "$wm_pids" ]; then
    if [ "${wm_main:-0}" != 0 ]; then echo 'the node is on its way up or down: take the backup when it is there' >&2; return 3; fi
    wm_as "$wm_whose" tar -ch --null -T - -f - < "$wm_dir/list"; return
  fi
  wm_much=$(xargs -0 du -Lsck -- < "$wm_dir/list" | tail -n 1 | cut -f 1)
  if [ "${wm_much:-0}" -gt "$4" ]; then
    echo "the node runs, and its H2 files are $wm_much kB: copying them would halt it for too long" >&2; return 3
  fi
  wm_room "$2" "${wm_much:-0}" || return
  wm_halted=$wm_pids; wm_guard=
  ( exec 9>&- </dev/null >/dev/null 2>&1; trap '' HUP INT TERM PIPE; sleep 20; kill -CONT $wm_halted ) &
  wm_guard=$!
  wm_from=$(date +%s)
  kill -STOP $wm_halted || return 2
  wm_as "$wm_whose" tar -ch --null -T - -f - < "$wm_dir/list" > "$wm_copy/h2.tar"; wm_rc=$?
  kill -CONT $wm_halted; kill -KILL "$wm_guard" 2>/dev/null; wait "$wm_guard" 2>/dev/null
  wm_halted=
  [ "$wm_rc" = 0 ] || return "$wm_rc"
  if [ $(($(date +%s) - wm_from)) -ge 20 ]; then echo 'the copy took so long that the server had to go on before its end' >&2; return 3; fi
  cat -- "$wm_copy/h2.tar"
}
# What a copy needs goes with the script, and a halted server goes on.
wm_halted=; wm_copy=
wm_leave_copy() {
  [ -z "$wm_halted" ] || kill -CONT $wm_halted 2>/dev/null
  [ -z "$wm_copy" ] || rm -rf -- "$wm_copy"
  wm_leave
}
trap wm_leave_copy EXIT
# secret_in NAME: $wm_secret in a file that only we can read: $wm_secret_file.
wm_secret_in() { wm_secret_file=$wm_dir/$1; ( umask 077; printf '%s' "$wm_secret" > "$wm_secret_file" ); }
# find_client NAME...: the first of these programs that is there: $wm_client.
wm_find_client() {
  for wm_client in "$@"; do if command -v "$wm_client" >/dev/null 2>&1; then return 0; fi; done
  echo "there is no $1" >&2; return 127
}
# dump_mysql DATABASE: as it is at one moment, written so that it can be read into an empty one. Options that only some of
# the clients know are given to those that do.
wm_dump_mysql() {
  wm_find_client mariadb-dump mysqldump && wm_secret_in client.cnf || return
  wm_knows=$("$wm_client" --defaults-file="$wm_secret_file" --help 2>/dev/null)
  wm_database=$1
  set -- --single-transaction --quick --routines --triggers --hex-blob
  case $wm_knows in *--no-tablespaces*) set -- "$@" --no-tablespaces ;; esac
  case $wm_knows in *--set-gtid-purged*) set -- "$@" --set-gtid-purged=OFF ;; esac
  case $wm_knows in *--column-statistics*) set -- "$@" --column-statistics=0 ;; esac
  "$wm_client" --defaults-file="$wm_secret_file" "$@" -- "$wm_database"
}
# dump_postgresql HOST PORT USER DATABASE
wm_dump_postgresql() {
  wm_find_client pg_dump && wm_secret_in pass || return
  PGPASSFILE=$wm_secret_file PGCONNECT_TIMEOUT=20 pg_dump --host="$1" --port="$2" --username="$3" --no-password --no-owner --no-privileges -- "$4"
}
