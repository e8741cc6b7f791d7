# balance CONFIG STAGED LOADED DIGEST: puts a configuration in place, has nginx test it, reloads, and waits until
# nginx works by it; what was there comes back where it does not. LOADED tells what nginx has loaded.
wm_balance() {
  mkdir -p -- "${3%/*}" && rm -f -- "$3" "$2.old" || return 1
  if [ -e "$1" ]; then cp -p -- "$1" "$2.old" || return 1; fi
  mv -f -T -- "$2" "$1" || return 1
  if wm_said=$(nginx -t 2>&1) && wm_said=$(wm_reload 2>&1); then
    rm -f -- "$2.old"
    printf '%s\n' "$4" > "$3"
    return
  fi
  if [ -e "$2.old" ]; then mv -f -T -- "$2.old" "$1"; else rm -f -- "$1"; fi
  printf '%s\n' "$wm_said"
  return 1
}
# A reload is asked for and not awaited, and one that fails says so in the error log only: new workers of the master
# are what shows that it came about.
wm_reload() {
  wm_main=$(systemctl show -p MainPID --value nginx.service)
  case $wm_main in ''|0) systemctl start nginx.service; return ;; esac
  wm_before=" $(wm_children "$wm_main") "
  systemctl reload nginx.service || return 1
  wm_left=100
  while [ "$wm_left" -gt 0 ]; do
    for wm_child in $(wm_children "$wm_main"); do
      case $wm_before in *" $wm_child "*) ;; *) return 0 ;; esac
    done
    sleep 0.1 2>/dev/null || sleep 1
    wm_left=$((wm_left - 1))
  done
  echo 'nginx goes on with its former configuration:'
  tail -n 3 /var/log/nginx/error.log 2>/dev/null
  return 1
}
wm_children() { grep -lsE "^PPid:[[:space:]]+$1\$" /proc/[0-9]*/status | sed 's#^/proc/##; s#/status$##' | tr '\n' ' '; }
