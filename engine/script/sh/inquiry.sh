# The looking end of a drift check: answers questions, each a length and a script, until the standard input ends.
wm_inquire() {
  while IFS= read -r wm_length && [ "${wm_length:-0}" -gt 0 ]; do
    wm_script=$(head -c "$wm_length"; printf .)
    wm_shown_of=
    eval "${wm_script%.}"
    wm_fields "$wm_nonce" end
  done
}
