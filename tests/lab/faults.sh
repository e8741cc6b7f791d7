# shellcheck shell=bash
# `lab fault`: what goes wrong on real hosts. Rules and qdiscs live in the host's
# network namespace and outlast its reboot; mounts do not. A power cut ends all.

verb_fault() {
  local name=${1:?fault wants a host} kind=${2:?fault wants a kind}
  shift 2
  known "$name"
  case $kind in
    cut) drop "$name" '' ;;
    loss) drop "$name" "numgen random mod 100 < ${1:?loss wants a percentage}" ;;
    slow) slow "$name" "${1:?slow wants kbit/s}" ;;
    silent) silent "$name" "${1:-2222}" ;;
    full) full "$name" "${1:?full wants a directory}" "${2:-1M}" "${3:-0}" ;;
    readonly) readonly_directory "$name" "${1:?readonly wants a directory}" ;;
    heal) heal "$name" ;;
    *) die "there is no fault \`$kind\`" ;;
  esac
}

# drop NAME CONDITION: packets vanish both ways, without an answer.
drop() {
  ip netns exec "$LAB-$1" nft -f - <<END
table inet lab
delete table inet lab
table inet lab {
  chain in { type filter hook input priority -300; iifname != "lo" $2 drop; }
  chain out { type filter hook output priority -300; oifname != "lo" $2 drop; }
}
END
}

slow() {
  local shape=(tbf rate "$2kbit" burst 16kb latency 400ms)
  tc -n "$LAB-$1" qdisc replace dev eth0 root "${shape[@]}"
  tc -n "$LAB" qdisc replace dev "v$(<"$STATE/hosts/$1/index")" root "${shape[@]}"
}

# The kernel accepts for a socket unit whose service never does.
silent() {
  inside "$1" systemd-run --quiet --unit="lab-silent-$2" \
    --socket-property=ListenStream="$2" sleep infinity
}

# full NAME DIR SIZE FREE: a file system of SIZE over DIR with FREE bytes left.
full() {
  # shellcheck disable=SC2016 # the inner shell's own variables
  inside "$1" sh -euc '
    dir=$1 size=$2 free=$3
    set -- "$(stat -c %a "$dir")" "$(stat -c %u "$dir")" "$(stat -c %g "$dir")"
    mount -t tmpfs -o "size=$size,mode=$1,uid=$2,gid=$3" lab-full "$dir"
    left=$(($(stat -f -c "%a * %S" "$dir") - free))
    [ "$left" -le 0 ] || fallocate -l "$left" "$dir/.lab-full"' full "$2" "$3" "$4"
  echo "$2" >>"$STATE/hosts/$1/mounts"
}

readonly_directory() {
  inside "$1" mount --bind "$2" "$2"
  inside "$1" mount -o remount,bind,ro "$2"
  echo "$2" >>"$STATE/hosts/$1/mounts"
}

# Takes every fault away; what is not there is as wanted.
heal() {
  local dir host=$STATE/hosts/$1
  ip netns exec "$LAB-$1" nft delete table inet lab 2>/dev/null || true
  tc -n "$LAB-$1" qdisc del dev eth0 root 2>/dev/null || true
  tc -n "$LAB" qdisc del dev "v$(<"$host/index")" root 2>/dev/null || true
  running "$1" || return 0
  [ ! -f "$host/mounts" ] || tac "$host/mounts" | while read -r dir; do
    inside "$1" umount -l "$dir" 2>/dev/null </dev/null || true
  done
  rm -f "$host/mounts"
  # The socket first: a connection that waits in it starts the service again, which wants its
  # socket and so takes back the stop of it.
  inside "$1" systemctl stop 'lab-silent-*.socket'
  inside "$1" systemctl stop 'lab-silent-*.service'
}
