# facts: os-release, kernel and machine, host name, addresses, systemd or not, memory, who we are, boot id, processors,
# the clock, whether the host's own name has an address.
# Asked of every host in every run: what the shell can read by itself starts no process.
wm_facts() {
  wm_os=
  if [ -r /etc/os-release ]; then
    while IFS= read -r wm_line || [ -n "$wm_line" ]; do wm_os="$wm_os$wm_line
"; done < /etc/os-release
  fi
  wm_system=/proc/sys/kernel
  if [ -r "$wm_system/arch" ]; then # since Linux 6.1
    read -r wm_kernel < "$wm_system/ostype"; read -r wm_host < "$wm_system/hostname"
    read -r wm_release < "$wm_system/osrelease"; read -r wm_machine < "$wm_system/arch"
  else
    read -r wm_kernel wm_host wm_release wm_machine <<END
$(uname -snrm)
END
  fi
  wm_fields "$wm_os" "$wm_kernel $wm_release $wm_machine" "$wm_host"
  wm_addresses=
  # Each apart: a substitution of one command is one process.
  wm_listed=$(ip -o addr show 2>/dev/null) || wm_listed=$(ifconfig -a 2>/dev/null)
  # `ip -o` says `1: lo inet 127.0.0.1/8 …`; ifconfig `inet addr:127.0.0.1 …`, `inet6 addr: ::1/128` or `inet 127.0.0.1 …`.
  while read -r wm_1 wm_2 wm_3 wm_rest; do
    case "$wm_1 $wm_3" in
      *:\ inet|*:\ inet6) wm_one=$wm_rest ;;
      inet\ *|inet6\ *) wm_one=${wm_2#addr:}; wm_one=${wm_one:-$wm_3} ;;
      *) continue ;;
    esac
    wm_addresses="$wm_addresses ${wm_one%%[!0-9a-fA-F.:]*}"
  done <<END
$wm_listed
END
  wm_fields "$wm_addresses"
  if [ -d /run/systemd/system ]; then wm_fields systemd; else wm_fields ''; fi
  read -r wm_word wm_memory wm_rest < /proc/meminfo
  if wm_root; then wm_who=root; else wm_who=$(id -un); fi
  wm_fields "$wm_memory" "$wm_who"
  wm_boot=
  [ ! -r /proc/sys/kernel/random/boot_id ] || read -r wm_boot < /proc/sys/kernel/random/boot_id
  wm_processors
  wm_own_address
  wm_fields "$wm_boot" "$wm_count" "$(date +%s)" "$wm_own"
}
# /etc/hosts first, which starts no process.
wm_own_address() {
  wm_own=
  while [ -z "$wm_own" ] && read -r wm_word wm_rest; do
    case $wm_word in \#*) continue ;; esac
    for wm_one in ${wm_rest%%#*}; do [ "$wm_one" != "$wm_host" ] || wm_own=yes; done
  done < /etc/hosts
  if [ -z "$wm_own" ] && { ! command -v getent >/dev/null || getent ahosts "$wm_host" >/dev/null 2>&1; }; then wm_own=yes; fi
}
