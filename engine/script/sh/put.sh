# What a restore asks of a host, and puts there. Comes after sh/part.sh.
# put ARGV...: a part comes on standard input, to its end.
wm_put() {
  wm_temp || return 1
  wm_answer begin
  "$@" > "$wm_dir/said" 2>&1; wm_rc=$?
  cat > /dev/null
  wm_answer part; wm_fields "$wm_rc" "$(tail -c 4000 "$wm_dir/said")"
  wm_answer end
}
# stands HOME UNIT: says so where the node runs, or is on its way up or down.
wm_stands() { wm_java_of "$1" "$2"; [ "$wm_pid$wm_second${wm_main:-0}" = 0 ] || echo runs; }
# revisions PATH: how many the repository has; nothing where there is none.
wm_revisions() { [ ! -e "$1/format" ] || svnlook youngest "$1" 2>/dev/null || cat -- "$1/db/current"; }
wm_mysql() { "$wm_client" --defaults-file="$wm_secret_file" --batch --raw --skip-column-names "$@"; }
# tables_mysql DATABASE
wm_tables_mysql() {
  wm_find_client mariadb mysql && wm_secret_in client.cnf || return
  wm_mysql -e 'SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()' "$1"
}
# load_mysql DATABASE: what is there goes, then the dump comes.
wm_load_mysql() {
  wm_find_client mariadb mysql && wm_secret_in client.cnf || return
  { echo 'SET FOREIGN_KEY_CHECKS = 0;' &&
    wm_mysql -e "SELECT CONCAT('DROP TABLE IF EXISTS \`', table_name, '\`;') FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'" "$1"
  } > "$wm_dir/drop.sql" < /dev/null && wm_mysql "$1" < "$wm_dir/drop.sql" && wm_mysql "$1"
}
wm_psql() {
  PGPASSFILE=$wm_secret_file PGCONNECT_TIMEOUT=20 PGOPTIONS='-c client_min_messages=warning' psql --no-psqlrc --quiet --no-align --tuples-only \
    --no-password --set=ON_ERROR_STOP=1 --host="$1" --port="$2" --username="$3" --dbname="$4"
}
# tables_postgresql HOST PORT USER DATABASE
wm_tables_postgresql() {
  wm_find_client psql && wm_secret_in pass || return
  echo "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')" | wm_psql "$@"
}
# load_postgresql HOST PORT USER DATABASE: as above.
wm_load_postgresql() {
  wm_find_client psql && wm_secret_in pass || return
  echo "SELECT 'DROP ' || CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END || ' IF EXISTS ' || quote_ident(relname) || ' CASCADE;' FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'S')" |
    wm_psql "$@" > "$wm_dir/drop.sql" && wm_psql "$@" < "$wm_dir/drop.sql" && wm_psql "$@"
}
# put_repository PATH: in the place of the repository that the store's tasks have made, whose settings and owners stay.
wm_put_repository() {
  wm_room "${1%/*}" 0 || return
  mkdir -- "$wm_copy/repository" && tar -C "$wm_copy/repository" -x --no-same-owner -f - || return
  # Its settings come into it below, which must not lead out of it.
  if find "$wm_copy/repository" -type l | grep -q .; then echo 'the repository of the backup holds links, as none has' >&2; return 2; fi
  svnadmin verify -q "$wm_copy/repository" && chown -R --reference="$1" -- "$wm_copy/repository" &&
    chmod --reference="$1" -- "$wm_copy/repository" || return
  for wm_file in svnserve.conf passwd authz; do
    [ ! -e "$1/conf/$wm_file" ] || cp -p -- "$1/conf/$wm_file" "$wm_copy/repository/conf/$wm_file" || return
  done
  mv -- "$1" "$wm_copy/former" && mv -- "$wm_copy/repository" "$1" && sync -f "$1" || return
  # Apache remembers revisions of the one that was there.
  ! systemctl -q is-active wmprov-svn-apache.service 2>/dev/null || systemctl reload wmprov-svn-apache.service
}
# put_home HOME STATE WHOSE FOLDER PATTERN...: a tar into FOLDER of a Home whose server stands still, as WHOSE; what is there by
# these patterns is laid aside in STATE. A mount stays where it is: what comes goes over what it has.
wm_put_home() {
  wm_whose=$3 wm_to=$1/$4 wm_aside=$2/left-$(date +%s)
  [ -d "$1" ] || { echo "there is no Home at $1" >&2; return 2; }
  shift 4
  mkdir -p -m 700 -- "$wm_aside" && chown -- "$wm_whose" "$wm_aside" || return
  wm_as "$wm_whose" sh -c '
    aside=$2
    mkdir -p -- "$1" && cd -- "$1" || exit
    shift 2
    for pattern; do
      for one in $pattern; do
        [ -e "$one" ] || [ -L "$one" ] || continue
        if mountpoint -q -- "$one" 2>/dev/null; then continue; fi
        mkdir -p -- "$aside/$(dirname -- "$one")" && mv -f -T -- "$one" "$aside/$one" || exit
      done
    done
    exec tar -x --no-same-owner -p -f -' sh "$wm_to" "$wm_aside" "$@"
  wm_rc=$?
  # Empty where nothing was there.
  rmdir -- "$wm_aside" 2>/dev/null
  return "$wm_rc"
}
# compare_security HOME STATE: keystores are the inventory's: those of the backup that are others are kept beside, and named.
wm_compare_security() {
  rm -rf -- "$2/restored-security" && mkdir -p -m 700 -- "$2/restored-security" &&
    tar -C "$2/restored-security" -x --no-same-owner -f - || return
  wm_same=1
  for wm_one in "$2/restored-security/repository/resources/security"/*; do
    [ -f "$wm_one" ] || continue
    if cmp -s -- "$wm_one" "$1/repository/resources/security/${wm_one##*/}"; then rm -f -- "$wm_one"; else wm_same=; echo "${wm_one##*/}"; fi
  done
  [ -z "$wm_same" ] || rm -rf -- "$2/restored-security"
}
