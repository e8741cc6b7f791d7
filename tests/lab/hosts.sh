# shellcheck shell=bash
# The life of the hosts: up, down, start, kill, reboot, ps.
# $STATE/hosts/NAME holds index, address, the overlay (upper, work, root), the
# console's text and nspawn's process number.

# Where processes are put: the v2 tree first (it kills and counts), then
# systemd's own v1 tree, without which all hosts would share one `payload`.
cgroup_trees() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    [ -d /sys/fs/cgroup/unified ] || die "cgroup v2 is mounted nowhere"
    echo /sys/fs/cgroup/unified
    [ ! -d /sys/fs/cgroup/systemd ] || echo /sys/fs/cgroup/systemd
  fi
}

cgroup_of() { echo "$(cgroup_trees | head -1)/$LAB${1:+/$1}"; }

populated() { grep -q 'populated 1' "$1/cgroup.events" 2>/dev/null; }

running() { populated "$(cgroup_of "$1")/machine"; }

known() {
  [ -n "${1:-}" ] || die "which host?"
  [ -d "$STATE/hosts/$1" ] || die "there is no host \`$1\`, \`lab ps\` shows them"
  mountpoint -q "$STATE/hosts/$1/root" || die "a crash has taken \`$1\`, \`lab up $1\` makes a new one"
}

# known_all NAME...: at least one, and all known before the first is touched.
known_all() {
  local name
  known "${1:-}"
  for name; do known "$name"; done
}

# The host's own process 1, as the machine counts.
leader_of() {
  local nspawn leader
  nspawn=$(cat "$STATE/hosts/$1/nspawn.pid" 2>/dev/null) || return 1
  read -r leader _ 2>/dev/null <"/proc/$nspawn/task/$nspawn/children" || [ -n "${leader:-}" ] || return 1
  echo "$leader"
}

kill_tree() {
  local tree=$1 i
  [ -d "$tree" ] || return 0
  echo 1 >"$tree/cgroup.kill"
  for ((i = 0; i < 500; i++)); do
    populated "$tree" || return 0
    sleep 0.02
  done
  die "processes in \`$tree\` do not end"
}

remove_cgroups() {
  local tree
  for tree in $(cgroup_trees); do
    [ ! -d "$tree/$1" ] || find "$tree/$1" -depth -type d -exec rmdir {} +
  done
}

# hN always has index N; any other name gets the lowest free one from 1015 on
# (10.77.4.1 and up), so that neither can take the other's address.
index_for() {
  local index
  if [[ $1 =~ ^h([1-9][0-9]{0,3})$ ]] && [ "${BASH_REMATCH[1]}" -le 1000 ]; then
    echo "${BASH_REMATCH[1]}"
    return
  fi
  for ((index = 1015; ; index++)); do
    grep -qxs "$index" /dev/null "$STATE"/hosts/*/index || break
  done
  echo "$index"
}

# A fresh host: files of its own over the lab's layer over the base. A directory
# that is left from a machine that went down has no mount, and is not used again
# (a volatile overlay must not be).
create() {
  local name=$1 base=$2 host=$STATE/hosts/$1 index
  mountpoint -q "$host/root" && return 0
  kill_tree "$(cgroup_of "$name")"
  rm -rf --one-file-system "$host"
  index=$(index_for "$name")
  mkdir -p "$host"/{upper/etc/ssh,work,root}
  echo "$index" >"$host/index"
  address_of "$index" >"$host/address"
  echo "$name" >"$host/upper/etc/hostname"
  tr -d - </proc/sys/kernel/random/uuid >"$host/upper/etc/machine-id"
  printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$host/upper/etc/hosts"
  make_host_keys "$name" "$index" "$host/upper"
  mount -t overlay "$LAB-$name" "$host/root" -o \
    "lowerdir=$STATE/layer:$base,upperdir=$host/upper,workdir=$host/work,redirect_dir=on,volatile"
}

# Every host knows the names of all; lines that a test wrote stay.
write_names() {
  local host missing
  echo "10.77.0.1 control" >"$STATE/names"
  for host in "$STATE"/hosts/*; do
    echo "$(<"$host/address") $(basename "$host")" >>"$STATE/names"
  done
  for host in "$STATE"/hosts/*; do
    missing=$(grep -vxF -f "$host/root/etc/hosts" "$STATE/names") || continue
    echo "$missing" >>"$host/root/etc/hosts"
  done
}

power_on() {
  local name=$1 host=$STATE/hosts/$1 tree trees=()
  running "$name" && return 0
  kill_tree "$(cgroup_of "$name")"
  for tree in $(cgroup_trees); do trees+=("$tree/$LAB/$name"); done
  mkdir -p "${trees[@]}"
  plug "$name" "$(<"$host/index")"
  setsid "$HERE/supervise" "$host" "$LAB-$name" "/run/netns/$LAB-$name" "${trees[@]}" \
    </dev/null >/dev/null 2>&1 9>&- &
}

# The cable first, so that no peer sees a connection closed: then the processes.
power_off() {
  unplug "$1" "$(<"$STATE/hosts/$1/index")"
  kill_tree "$(cgroup_of "$1")"
}

# Returns when each host shows an SSH banner and has finished its start.
wait_ready() {
  local name addresses=()
  for name; do addresses+=("$(<"$STATE/hosts/$name/address")"); done
  # shellcheck disable=SC2016 # the inner shell's own variables
  nsenter --net="/run/netns/$LAB" bash -c '
    for address; do
      until { exec 3<>"/dev/tcp/$address/22" && read -r -t 5 line <&3 && [[ $line == SSH-2* ]]; } 2>/dev/null; do
        [ "$SECONDS" -lt 300 ] || { echo "lab: no SSH banner from $address after 300 s" >&2; exit 1; }
        sleep 0.05
      done
    done' wait "${addresses[@]}"
  for name; do
    inside "$name" systemctl is-system-running --wait >/dev/null ||
      echo "lab: \`$name\` is degraded: $(inside "$name" systemctl --failed --plain --no-legend)" >&2
  done
}

# names_of ARGUMENTS: `3 --prefix wkr` or names, one a line.
names_of() {
  local count=${1:-} prefix=h name i
  [ -n "$count" ] || die "how many hosts, or which names?"
  if [[ $count =~ ^[1-9][0-9]*$ ]]; then
    [ "${2:-}" != --prefix ] || prefix=${3:?--prefix wants a value}
    for ((i = 1; i <= count; i++)); do echo "$prefix$i"; done
    return
  fi
  for name; do
    [[ $name =~ ^[a-z][a-z0-9-]{0,30}$ && $name != control ]] || die "\`$name\` is not a host name"
    echo "$name"
  done
}

verb_up() {
  local names name base
  names=$(names_of "$@")
  mapfile -t names <<<"$names"
  verb_setup
  base=$(base_directory)
  lock_lab
  mkdir -p "$STATE/hosts"
  make_control_network
  make_layer "$base"
  copy_user_keys
  for name in "${names[@]}"; do create "$name" "$base"; done
  write_names
  write_known_hosts
  for name in "${names[@]}"; do power_on "$name"; done
  unlock_lab
  wait_ready "${names[@]}"
}

verb_start() {
  local name
  lock_lab
  known_all "$@"
  for name; do power_on "$name"; done
  unlock_lab
  wait_ready "$@"
}

verb_kill() {
  local name
  lock_lab
  known_all "$@"
  for name; do power_off "$name"; done
}

verb_reboot() {
  local name before i
  known_all "$@"
  for name; do
    before=$(leader_of "$name") || die "\`$name\` is off"
    inside "$name" systemctl reboot || true # the host may take the asker down with it
    for ((i = 0; i < 1200; i++)); do
      [ "$(leader_of "$name")" != "$before" ] && running "$name" && break
      sleep 0.1
    done
    [ "$i" -lt 1200 ] || die "\`$name\` does not reboot within 120 s"
    wait_ready "$name"
  done
}

remove_host() {
  local name=$1 host=$STATE/hosts/$1 i
  power_off "$name"
  rm -f "/run/systemd/nspawn/locks/$(stat -c 'inode-%d:%i' "$host/root")"
  for ((i = 0; i < 100; i++)); do
    ! mountpoint -q "$host/root" || umount "$host/root" 2>/dev/null || { sleep 0.05; continue; }
    break
  done
  ! mountpoint -q "$host/root" || umount -l "$host/root"
  remove_cgroups "$LAB/$name"
  rm -rf --one-file-system "$host" "/run/systemd/nspawn/propagate/$LAB-$name" \
    "/run/systemd/nspawn/unix-export/$LAB-$name"
}

# The rest of the lab, whatever a crash has left of it.
remove_lab() {
  local point
  kill_tree "$(cgroup_of)"
  while read -r _ _ _ _ point _; do
    case $point in "$STATE"/*) umount -l "$point" ;; esac
  done </proc/self/mountinfo
  remove_networks
  remove_cgroups "$LAB"
  rm -rf --one-file-system "$STATE"
  rm -rf "/run/systemd/nspawn/propagate/$LAB-"* "/run/systemd/nspawn/unix-export/$LAB-"*
}

verb_down() {
  local name host
  lock_lab
  for name; do
    [ ! -d "$STATE/hosts/$name" ] || remove_host "$name"
  done
  if [ $# = 0 ]; then
    kill_tree "$(cgroup_of)"
    for host in "$STATE"/hosts/*; do remove_host "$(basename "$host")"; done
  fi
  [ -z "$(ls "$STATE/hosts" 2>/dev/null)" ] || return 0
  remove_lab
}

verb_ps() {
  local host name
  for host in "$STATE"/hosts/*; do
    name=$(basename "$host")
    if running "$name"; then
      echo "$name $(<"$host/address") running $(usage_of "$name")"
    else
      echo "$name $(<"$host/address") off"
    fi
  done
}

# Processes, anonymous memory in MB and CPU seconds since the host came up.
usage_of() {
  local tree pid
  tree=$(cgroup_of "$1")
  # A session that has ended meanwhile takes its folder with it.
  { find "$tree/machine" -name cgroup.procs -exec cat {} + 2>/dev/null || true; } | while read -r pid; do
    cat "/proc/$pid/status" 2>/dev/null || true # ended meanwhile
  done | awk -v cpu="$(awk '/^usage_usec/ { print $2 }' "$tree/cpu.stat")" '
    /^Pid:/ { n++ } /^RssAnon:/ { kb += $2 }
    END { printf "%d processes %.1f MB %.2f s\n", n, kb / 1024, cpu / 1e6 }'
}
