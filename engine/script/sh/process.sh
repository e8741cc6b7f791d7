# process STATE HOME UNIT PORTS LOG: what a running node shows of itself, read-only; its log only where LOG is given.
# Fields: pid and its start time; its command line; profiles whose files it holds open; open UI jars (count) and
# whether the console's jar is open; resident memory; the ports of PORTS that it listens on; those that another
# process listens on, one a line with its pid and name; the log since its start (see start), cut to 400 lines that
# matter; the unit's main process; `hidden` where another user's open files may not be seen: all ports that anybody
# listens on then count as its own; the pid of a second server of the Home.
wm_listening() {
  # Socket inodes in state LISTEN (0A) on port $1.
  wm_hex=$(printf '%04X' "$1")
  sed -n "s/^ *[0-9]*: [0-9A-F]*:$wm_hex [0-9A-F]*:0000 0A .*/&/p" /proc/net/tcp /proc/net/tcp6 2>/dev/null | tr -s ' ' | sed 's/^ //' | cut -d ' ' -f 10
}
wm_stranger() {
  # Port $1 and whose socket $2 is, where it is not one that the server has opened since its own were listed.
  wm_fd=$(find /proc/[0-9]*/fd -lname "socket:\[$2\]" 2>/dev/null | head -n 1)
  wm_whose=${wm_fd#/proc/}; wm_whose=${wm_whose%%/*}
  [ "$wm_whose" != "$wm_pid" ] || return 0
  printf '%s %s %s\n' "$1" "${wm_whose:--}" "$(cat "/proc/${wm_whose:-0}/comm" 2>/dev/null)"
}
# java_of HOME UNIT: the unit's server as wm_pid. The pid file names it, or, where a start by hand has written over the file
# (real-run 9), who is a child of the unit's main process; whoever the file names then, where it is a server of this Home,
# is wm_second.
wm_java_of() {
  wm_second=
  wm_main=$(systemctl show -p MainPID --value "$2" 2>/dev/null || echo 0)
  wm_pid=$(tr -cd '0-9\n' < "$1/wso2carbon.pid" 2>/dev/null | head -n 1)
  [ -n "$wm_pid" ] || return 0
  if [ -d "/proc/$wm_pid" ]; then
    [ "$wm_pid" != "$wm_main" ] || return 0
    [ "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$wm_pid/status" 2>/dev/null)" != "$wm_main" ] || return 0
    if tr '\0' '\n' < "/proc/$wm_pid/cmdline" 2>/dev/null | grep -qxF -- "-Dcarbon.home=$1"; then wm_second=$wm_pid; fi
  fi
  wm_pid=
  [ "${wm_main:-0}" != 0 ] || return 0
  for wm_each in "/proc/$wm_main" $(grep -l "^PPid:[[:space:]]*$wm_main\$" /proc/[0-9]*/status 2>/dev/null); do
    wm_each=${wm_each#/proc/}; wm_each=${wm_each%%/*}
    if [ "$(cat "/proc/$wm_each/comm" 2>/dev/null)" = java ]; then wm_pid=$wm_each; return 0; fi
  done
}
wm_log_since() {
  [ -n "$3" ] || return 0
  # The log as it has grown since the start was noted; a log that has rolled is read from its beginning.
  wm_log=$2/repository/logs/wso2carbon.log
  [ -r "$wm_log" ] || return 0
  wm_inode=0; wm_offset=0
  [ -r "$1/start" ] && IFS=' ' read -r wm_inode wm_offset < "$1/start"
  if [ "$(stat -c %i "$wm_log")" != "$wm_inode" ] || [ "$(stat -c %s "$wm_log")" -lt "$wm_offset" ]; then wm_offset=0; fi
  tail -c "+$((wm_offset + 1))" "$wm_log" |
    grep -aE 'ERROR|FATAL|StartupFinalizer|Mgt Console|worker node|Member (joined|left)|Elected this member|Local member|Cluster domain|Hazelcast initialized|Cluster initialization|Clustering has been disabled|initialization is delayed|Waiting for required|Halting JVM|Starting WSO2 Carbon|(Loaded|Cleaned up) tenant|BindException|membership management' |
    tail -n 400 | cut -c 1-500
}
wm_process() {
  wm_java_of "$2" "$3"
  if [ -z "$wm_pid" ]; then
    wm_fields '' '' '' '' '' '' '' '' "$(wm_log_since "$1" "$2" "$5")" "$wm_main" '' "$wm_second"
    return
  fi
  wm_hides=; [ -r "/proc/$wm_pid/fd" ] || wm_hides=hidden
  wm_open=$(find "/proc/$wm_pid/fd" -type l -printf '%l\n' 2>/dev/null)
  wm_own=; wm_other=
  wm_end='
'
  for wm_port in $4; do
    for wm_socket in $(wm_listening "$wm_port"); do
      if [ -n "$wm_hides" ] || printf '%s\n' "$wm_open" | grep -qxF "socket:[$wm_socket]"; then wm_own="$wm_own $wm_port"
      else wm_other=$wm_other$wm_end$(wm_stranger "$wm_port" "$wm_socket"); fi
    done
  done
  wm_fields "$wm_pid" "$(sed 's/.*) //' "/proc/$wm_pid/stat" 2>/dev/null | cut -d ' ' -f 20)" \
    "$(tr '\0' '\n' < "/proc/$wm_pid/cmdline" 2>/dev/null)" \
    "$(printf '%s\n' "$wm_open" | sed -n "s#.*/repository/components/\([^/]*\)/.*#\1#p" | grep -vxE 'plugins|dropins|lib|p2|patches|extensions' | sort -u)" \
    "$(printf '%s\n' "$wm_open" | grep -E '/plugins/[^/]*\.ui(\.menu[^_/]*)?_' | sed 's#.*/##' | sort -u)" \
    "$(sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$wm_pid/status" 2>/dev/null)" \
    "$wm_own" "$wm_other" "$(wm_log_since "$1" "$2" "$5")" "$wm_main" "$wm_hides" "$wm_second"
}
