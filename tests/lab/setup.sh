# shellcheck shell=bash
# `lab setup`: the machine's packages and limits, and the cached base.

# program:package, for each program that the lab runs.
NEEDS=(
  mmdebstrap:mmdebstrap systemd-nspawn:systemd-container ip:iproute2 tc:iproute2
  nft:nftables ssh:openssh-client ssh-keygen:openssh-client sshpass:sshpass
  nsenter:util-linux flock:util-linux setsid:bsdutils
)

install_packages() {
  local need missing=()
  for need in "${NEEDS[@]}"; do
    command -v "${need%%:*}" >/dev/null || missing+=("${need##*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "install these first: ${missing[*]}"
  echo "lab: installing ${missing[*]}" >&2
  apt_install "${missing[@]}" 2>/dev/null || { apt-get update -q && apt_install "${missing[@]}"; } >&2 ||
    die "apt-get could not install ${missing[*]}"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@" >&2
}

# Each systemd takes several inotify instances: with 128 the 23rd host never
# opens port 22.
raise_limits() {
  local limit=/proc/sys/fs/inotify/max_user_instances
  [ "$(<$limit)" -ge 65536 ] || echo 65536 >$limit
  limit=/proc/sys/fs/inotify/max_user_watches
  [ "$(<$limit)" -ge 262144 ] || echo 262144 >$limit
}

base_directory() {
  local key
  key=$(sha256sum "$HERE/base")
  echo "$CACHE/base-${key:0:16}"
}

# The base is made beside its place and renamed, so that it is there whole or
# not at all; the lock keeps a second builder waiting for the first.
build_base() {
  local base
  base=$(base_directory)
  [ -d "$base" ] && return 0
  mkdir -p "$CACHE"
  (
    flock -w 1800 8 || die "another command builds \`$base\`"
    [ -d "$base" ] && exit 0
    echo "lab: building the base file system, about a minute" >&2
    find "$CACHE" -maxdepth 1 -name 'making-*' -exec rm -rf --one-file-system {} +
    "$HERE/base" "$CACHE/making-$$" 8>&- >"$CACHE/base.log" 2>&1 ||
      { tail -20 "$CACHE/base.log" >&2; die "cannot build the base, \`$CACHE/base.log\` says more"; }
    mv "$CACHE/making-$$" "$base"
  ) 8>"$CACHE/base.lock"
}

verb_setup() {
  install_packages
  raise_limits
  build_base
  make_user_keys
}

verb_base() { base_directory; }
