# facts: os-release, kernel and machine, host name, addresses, systemd or not, memory, who we are, boot id.
wm_facts() {
  wm_fields "$(cat /etc/os-release 2>/dev/null)" "$(uname -srm)" "$(uname -n)"
  wm_fields "$( (ip -o addr show 2>/dev/null || ifconfig -a 2>/dev/null) | sed -n 's/.*inet6* \(addr:\)*\([0-9a-fA-F.:]*\).*/\2/p')"
  if [ -d /run/systemd/system ]; then wm_fields systemd; else wm_fields ''; fi
  wm_fields "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)" "$(id -un)"
  wm_fields "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" "$(nproc 2>/dev/null || echo 1)"
}
