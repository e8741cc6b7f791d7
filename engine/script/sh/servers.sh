# servers HOME...: the Carbon servers of a host: those that run, and those of the Homes given, read-only. A word, then of each:
# Home, pid (nothing where it does not run), user and group of the Home, the unit that it runs in, its command line, the
# lines of bundles.info that name a UI bundle of the profile `worker`, carbon.xml, axis2.xml, the start script.
wm_servers() {
  wm_homes=$({ for wm_line in /proc/[0-9]*/cmdline; do
      wm_home=$(tr '\0' '\n' < "$wm_line" 2>/dev/null | sed -n 's/^-Dcarbon\.home=//p' | tail -n 1)
      wm_pid=${wm_line#/proc/}
      if [ -n "$wm_home" ]; then printf '%s %s\n' "${wm_pid%/cmdline}" "$wm_home"; fi
    done; for wm_home in "$@"; do printf -- '- %s\n' "$wm_home"; done; } | sort -s -u -k 2)
  set -- servers
  while IFS=' ' read -r wm_pid wm_home; do
    [ -n "$wm_home" ] || continue
    wm_argv=; wm_service=
    if [ "$wm_pid" = - ]; then wm_pid=; else
      wm_argv=$(tr '\0' '\n' < "/proc/$wm_pid/cmdline" 2>/dev/null)
      wm_service=$(sed -n 's#.*/system\.slice/\([^/]*\)\.service.*#\1#p' "/proc/$wm_pid/cgroup" 2>/dev/null | head -n 1)
    fi
    set -- "$@" "$wm_home" "$wm_pid" "$(stat -c '%U %G' -- "$wm_home" 2>/dev/null)" "$wm_service" "$wm_argv" \
      "$(grep -aE '^[^#,]*\.ui(\.menu)?,' "$wm_home/repository/components/worker/configuration/org.eclipse.equinox.simpleconfigurator/bundles.info" 2>/dev/null)" \
      "$(cat "$wm_home/repository/conf/carbon.xml" 2>/dev/null)" "$(cat "$wm_home/repository/conf/axis2/axis2.xml" 2>/dev/null)" \
      "$(cat "$wm_home/bin/wso2server.sh" 2>/dev/null)"
  done <<END
$wm_homes
END
  wm_fields "$@"
}
