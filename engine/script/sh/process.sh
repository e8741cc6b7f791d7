# The server of a Home: who it is, and what it shows of itself.
# listening: ports (hexadecimal) and inodes of all sockets in state LISTEN (0A), one a line.
wm_listening() {
  sed -n 's/^ *[0-9]*: [0-9A-F]*:\([0-9A-F]*\) [0-9A-F]*:0000 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \([0-9]*\) .*/\1 \2/p' /proc/net/tcp /proc/net/tcp6 2>/dev/null
}
wm_stranger() {
  # Port $1 and whose socket $2 is, where it is not one that the server has opened since its own were listed.
  wm_fd=$(find /proc/[0-9]*/fd -lname "socket:\[$2\]" 2>/dev/null | head -n 1)
  wm_whose=${wm_fd#/proc/}; wm_whose=${wm_whose%%/*}
  [ "$wm_whose" != "$wm_pid" ] || return 0
  printf '%s %s %s\n' "$1" "${wm_whose:--}" "$(cat "/proc/${wm_whose:-0}/comm" 2>/dev/null)"
}
# pid_of HOME: what its pid file says, in $wm_pid.
wm_pid_of() {
  wm_pid=
  { IFS= read -r wm_pid < "$1/wso2carbon.pid"; } 2>/dev/null
  case $wm_pid in *[!0-9]*) wm_pid=$(printf %s "$wm_pid" | tr -cd 0-9) ;; esac
}
# status_of PID KEY: the first word behind it in the process's status, in $wm_one.
wm_status_of() {
  { while read -r wm_word wm_one wm_rest; do
    [ "$wm_word" != "$2:" ] || return 0
  done < "/proc/$1/status"; } 2>/dev/null
  wm_one=
}
# java_of HOME UNIT: the unit's server as wm_pid. The pid file names it, or, where that is not there yet or a start by hand
# has written over it (real-run 9), who is a child of the unit's main process; whoever the file names then, where it is a
# server of this Home, is wm_second.
wm_java_of() {
  wm_second=
  wm_show "$2"
  wm_pid_of "$1"
  if [ -n "$wm_pid" ] && [ -d "/proc/$wm_pid" ]; then
    [ "$wm_pid" != "$wm_main" ] || return 0
    wm_status_of "$wm_pid" PPid
    [ "$wm_one" != "$wm_main" ] || return 0
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
  wm_one=$(stat -c '%i %s' "$wm_log")
  if [ "${wm_one% *}" != "$wm_inode" ] || [ "${wm_one#* }" -lt "$wm_offset" ]; then wm_offset=0; fi
  tail -c "+$((wm_offset + 1))" "$wm_log" |
    grep -aE 'ERROR|FATAL|StartupFinalizer|Mgt Console|worker node|Member (join|left)|Elected this|Local member|Cluster (domain|init)|Hazelcast init|Clustering has|n is delayed|Waiting for req|Halting JVM|Starting WSO2|ed (up )?tenant|BindException|membership man' |
    tail -n 400 | cut -c 1-500
}
# process STATE HOME UNIT PORTS LOG: what a running node shows of itself, read-only; its log only where LOG is given.
# Fields: pid and its start time; its command line; profiles whose files it holds open; the names of UI jars that it holds
# open; resident memory; the ports of PORTS that it listens on; those that another process listens on, one a line with
# its pid and name; the log since its start (see start), cut to 400 lines that matter; the unit's main process; `hidden`
# where another user's open files may not be seen: all ports that anybody listens on then count as its own; the pid of a
# second server of the Home.
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
  wm_sockets=$(wm_listening)
  for wm_port in $4; do
    wm_hex=$(printf '%04X' "$wm_port")
    while read -r wm_one wm_socket; do
      [ "$wm_one" = "$wm_hex" ] || continue
      case $wm_hides$wm_end$wm_open$wm_end in
        hidden* | *"${wm_end}socket:[$wm_socket]$wm_end"*) wm_own="$wm_own $wm_port" ;;
        *) wm_other=$wm_other$wm_end$(wm_stranger "$wm_port" "$wm_socket") ;;
      esac
    done <<END
$wm_sockets
END
  done
  wm_started_of "$wm_pid"; wm_status_of "$wm_pid" VmRSS; wm_memory=$wm_one
  wm_fields "$wm_pid" "$wm_started" \
    "$(tr '\0' '\n' < "/proc/$wm_pid/cmdline" 2>/dev/null)" \
    "$(printf '%s\n' "$wm_open" | sed -nE 's#.*/repository/components/([^/]*)/.*#\1#; t found; d; :found; /^(plugins|dropins|lib|p2|patches|extensions)$/d; p' | sort -u)" \
    "$(printf '%s\n' "$wm_open" | sed -nE '/\/plugins\/[^/]*\.ui(\.menu[^_/]*)?_/{ s#.*/##; p; }' | sort -u)" \
    "$wm_memory" \
    "$wm_own" "$wm_other" "$(wm_log_since "$1" "$2" "$5")" "$wm_main" "$wm_hides" "$wm_second"
}
