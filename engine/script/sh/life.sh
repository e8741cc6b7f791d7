# The life of a node, for acting sessions.
# start STATE HOME UNIT: notes where the log stands, so that its later lines are this process's, then starts. Who is coming
# up already, since a run was killed perhaps, has its note and writes its own pid file.
wm_start() {
  mkdir -p -- "$1" && rm -f -- "$1/evidence" || return 1
  systemctl reset-failed "$3" 2>/dev/null
  case $(systemctl show -p ActiveState,MainPID "$3" | sort | tr '\n' ' ') in
    ActiveState=active\ MainPID=[1-9]* | ActiveState=activating\ MainPID=[1-9]*) ;;
    *)
      wm_log=$2/repository/logs/wso2carbon.log
      if [ -e "$wm_log" ]; then stat -c '%i %s' "$wm_log" > "$1/start"; else echo '0 0' > "$1/start"; fi
      rm -f -- "$2/wso2carbon.pid" ;;
  esac
  systemctl start --no-block "$3"
}
# stop STATE UNIT TICKS: stops and waits until it is gone, for so many steps of 0.2 s.
wm_stop() {
  rm -f -- "$1/evidence"
  systemctl stop --no-block "$2" || return 1
  wm_left=$3
  while [ "$wm_left" -gt 0 ]; do
    case $(systemctl show -p ActiveState --value "$2") in inactive|failed) return 0 ;; esac
    sleep 0.2 2>/dev/null || sleep 1
    wm_left=$((wm_left - 1))
  done
  systemctl kill -s KILL "$2"
  systemctl stop "$2"
}
