# Runs $wm_body as $wm_user. Answers `password` where sudo wants one, `refused` and why where it lets nobody in.
if [ "$(id -un)" = "$wm_user" ]; then
  eval "$wm_body"
elif ! command -v "$wm_sudo" >/dev/null 2>&1; then
  printf '\0%s\0refused\0%s\0%s\0closed\0' "$wm_nonce" "there is no $wm_sudo on this host" "$wm_nonce"
elif wm_why=$("$wm_sudo" -n -H -u "$wm_user" -- /bin/sh -c : 2>&1); then
  "$wm_sudo" -n -H -u "$wm_user" -- /bin/sh -c "$wm_body"
else
  printf '\0%s\0password\0%s\0%s\0asked\0' "$wm_nonce" "$wm_why" "$wm_nonce"
  if IFS= read -r wm_password; then
    if wm_why=$(printf '%s\n' "$wm_password" | "$wm_sudo" -S -p '' -H -u "$wm_user" -- /bin/sh -c : 2>&1); then
      { printf '%s\ngo\n' "$wm_password"; wm_password=; exec cat; } |
        "$wm_sudo" -S -p '' -H -u "$wm_user" -- /bin/sh -c "while IFS= read -r wm_line && [ \"\$wm_line\" != go ]; do :; done; $wm_body"
    else
      printf '\0%s\0refused\0%s\0%s\0closed\0' "$wm_nonce" "$wm_why" "$wm_nonce"
    fi
  fi
fi
