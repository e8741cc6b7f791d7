# threads HOME UNIT JAVA: a dump of all threads of a node's server: how it was made (jcmd, jstack, journal; `!` where
# there is none, and why), and the dump. A JVM lets itself be asked by its own user only.
wm_threads() {
  wm_java_of "$1" "$2"
  if [ -z "$wm_pid" ]; then wm_fields '!' 'no server process runs'; return; fi
  wm_user=$(stat -c %U "/proc/$wm_pid"); wm_prefix="runuser -u $wm_user --"
  [ "$(id -un)" != "$wm_user" ] || wm_prefix=
  for wm_tool in 'jcmd Thread.print' 'jstack'; do
    wm_program=$3/bin/${wm_tool%% *}
    [ -x "$wm_program" ] || continue
    if wm_out=$($wm_prefix "$wm_program" "$wm_pid" ${wm_tool#"${wm_tool%% *}"} 2>/dev/null </dev/null); then
      wm_fields "${wm_tool%% *}" "$wm_out"; return
    fi
  done
  wm_quit "$2"
}
# quit UNIT: the JVM writes the dump to its output, which is the unit's journal.
wm_quit() {
  if tr '\0' '\n' < "/proc/$wm_pid/cmdline" | grep -qx -- -Xrs; then
    wm_fields '!' 'there is no jcmd, and a JVM with -Xrs would end at SIGQUIT'; return
  fi
  wm_mark=$(journalctl -q -n 0 --show-cursor 2>/dev/null | sed -n 's/^-- cursor: //p')
  if [ -z "$wm_mark" ]; then wm_fields '!' 'there is no jcmd, and the journal cannot be read'; return; fi
  if ! wm_out=$(kill -QUIT "$wm_pid" 2>&1); then wm_fields '!' "$wm_out"; return; fi
  wm_left=50
  while [ "$wm_left" -gt 0 ]; do
    wm_out=$(journalctl -q --no-pager -o cat --after-cursor "$wm_mark" -u "$1" 2>/dev/null | sed -n '/^Full thread dump/,$p')
    case $wm_out in *'JNI global ref'*) wm_fields journal "$wm_out"; return ;; esac
    sleep 0.2 2>/dev/null || sleep 1
    wm_left=$((wm_left - 1))
  done
  wm_fields '!' 'there is no jcmd, and no dump came into the journal of its unit'
}
