# shellcheck shell=bash
# The lab's network: a namespace with a bridge (the control side) and one
# namespace a host. Nothing of it is ever in the machine's own namespace.

BRIDGE=br0

# Index 1 is 10.77.0.11, index 247 is 10.77.1.1.
address_of() { echo "10.77.$((($1 + 10) / 256)).$((($1 + 10) % 256))"; }

mac_of() { printf '02:77:00:00:%02x:%02x' $(($1 / 256)) $(($1 % 256)); }

# The bridge's hardware address is fixed, or it would change with the first host
# that has a lower one, and the others would talk into the void for a while. It
# is switched on last: a bridge that is up is whole.
make_control_network() {
  [ -z "$(ip -n "$LAB" link show "$BRIDGE" up 2>/dev/null)" ] || return 0
  ip netns delete "$LAB" 2>/dev/null || rm -f "/run/netns/$LAB"
  ip netns add "$LAB"
  ip -n "$LAB" -batch - <<END
link set lo up
link add $BRIDGE address 02:77:00:00:00:00 type bridge mcast_snooping 0
address add 10.77.0.1/16 dev $BRIDGE
link set $BRIDGE up
END
}

# plug NAME INDEX: the host's namespace and its cable. There is no default route:
# the world outside the lab is unreachable at once, not after a timeout.
plug() {
  unplug "$1" "$2"
  ip netns add "$LAB-$1"
  ip -n "$LAB" -batch - <<END
link add v$2 type veth peer name eth0 address $(mac_of "$2") netns $LAB-$1
link set v$2 master $BRIDGE up
END
  ip -n "$LAB-$1" -batch - <<END
link set lo up
address add $(address_of "$2")/16 dev eth0
link set eth0 up
END
}

# A namespace goes away some time after its name; its cable goes at once.
unplug() {
  ip -n "$LAB" link delete "v$2" 2>/dev/null || true # not there: as wanted
  [ ! -e "/run/netns/$LAB-$1" ] || ip netns delete "$LAB-$1" 2>/dev/null ||
    rm -f "/run/netns/$LAB-$1"
}

remove_networks() {
  local namespace
  for namespace in "/run/netns/$LAB-"* "/run/netns/$LAB"; do
    [ -e "$namespace" ] || continue
    ip netns delete "$(basename "$namespace")" 2>/dev/null || rm -f "$namespace"
  done
}
