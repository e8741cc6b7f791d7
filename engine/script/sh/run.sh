# run ARGV...: exit status, stdout and stderr of a command that only looks.
wm_run() {
  wm_err=$(mktemp) || { wm_fields 125 '' 'no temporary file'; return; }
  wm_out=$("$@" </dev/null 2>"$wm_err"); wm_rc=$?
  wm_fields "$wm_rc" "$wm_out" "$(cat "$wm_err")"
  rm -f "$wm_err"
}
