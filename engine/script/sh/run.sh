# run ARGV...: exit status, stdout and stderr of a command that only looks.
wm_run() {
  wm_temp || { wm_fields 125 '' 'no temporary folder'; return; }
  wm_out=$("$@" </dev/null 2>"$wm_dir/err"); wm_rc=$?
  wm_fields "$wm_rc" "$wm_out" "$(cat "$wm_dir/err")"
}
