# The life of a node, for acting sessions.
# start STATE HOME UNIT: notes where the log stands, so that its later lines are this process's, then starts.
wm_start() {
  mkdir -p -- "$1" || return 1
  wm_log=$2/repository/logs/wso2carbon.log
  if [ -e "$wm_log" ]; then stat -c '%i %s' "$wm_log" > "$1/start"; else echo '0 0' > "$1/start"; fi
  rm -f -- "$1/evidence" "$2/wso2carbon.pid"
  systemctl reset-failed "$3" 2>/dev/null
  systemctl start --no-block "$3"
}
# stop STATE UNIT SECONDS: stops and waits until it is gone.
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
