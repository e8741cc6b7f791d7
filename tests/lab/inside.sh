# shellcheck shell=bash
# Ways in: exec, control, ssh; and what tells others how to get in.

# inside NAME CMD...: as root in the host's own namespaces and in its cgroup, so
# that a power cut takes it along, with a clean environment.
inside() {
  local name=$1 leader
  shift
  leader=$(leader_of "$name") || die "\`$name\` is off"
  (
    tree=$(cgroup_of "$name")/exec
    mkdir -p "$tree"
    echo "$BASHPID" >"$tree/cgroup.procs"
    exec nsenter --target "$leader" --mount --uts --ipc --net --pid --root --wd -- \
      env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      HOME=/root USER=root LOGNAME=root SHELL=/bin/bash TERM="${TERM:-dumb}" "$@"
  )
}

verb_exec() {
  [ $# -gt 1 ] || die "exec wants a host and a command"
  known "$1"
  inside "$@"
}

verb_control() {
  [ -e "/run/netns/$LAB" ] || die "the lab \`$LAB\` is down"
  exec nsenter --net="/run/netns/$LAB" -- "$@"
}

verb_ssh() {
  local user=deploy name=${1:?ssh wants a host}
  shift
  [[ $name != *@* ]] || { user=${name%@*} name=${name#*@}; }
  known "$name"
  # The default key exchange costs 100 ms of CPU a login.
  verb_control ssh -F none -i "$STATE/id_ed25519" -o IdentitiesOnly=yes \
    -o IdentityAgent=none -o UserKnownHostsFile="$STATE/known_hosts" \
    -o KexAlgorithms=curve25519-sha256 "$user@$(<"$STATE/hosts/$name/address")" "$@"
}

verb_inventory() {
  local host name
  printf 'all:\n  vars:\n    ansible_user: deploy\n'
  printf '    ansible_ssh_private_key_file: %s\n  hosts:' "$STATE/id_ed25519"
  for host in "$STATE"/hosts/*; do
    name=$(basename "$host")
    running "$name" || continue
    printf '\n    %s: { ansible_host: %s }' "$name" "$(<"$host/address")"
  done
  echo
}

verb_dir() { echo "$STATE"; }
