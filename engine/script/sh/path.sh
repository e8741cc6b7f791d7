# entry PATH LIMIT: kind, mode, owner, group, size, SHA-256, link target, content in base64 (of files up to LIMIT bytes).
# Kinds: - nothing there, ! cannot be told, f file, d folder, l link, o other.
wm_entry() {
  if { [ ! -e "$1" ] && [ ! -L "$1" ]; } || ! wm_stat=$(stat -c '%a %U %G %s %F' -- "$1" 2>/dev/null); then
    if [ -e "$1" ] || [ -L "$1" ] || wm_hidden "$1"; then wm_fields '!'; else wm_fields -; fi
    return
  fi
  wm_mode=${wm_stat%% *}; wm_rest=${wm_stat#* }
  wm_owner=${wm_rest%% *}; wm_rest=${wm_rest#* }
  wm_group=${wm_rest%% *}; wm_rest=${wm_rest#* }
  wm_size=${wm_rest%% *}
  if [ -L "$1" ]; then wm_fields l "$wm_mode" "$wm_owner" "$wm_group" "$wm_size" '' "$(readlink -- "$1")" ''
  elif [ -d "$1" ]; then wm_fields d "$wm_mode" "$wm_owner" "$wm_group" "$wm_size" '' '' ''
  elif [ ! -f "$1" ]; then wm_fields o "$wm_mode" "$wm_owner" "$wm_group" "$wm_size" '' '' ''
  elif [ ! -r "$1" ]; then wm_fields '!' "$wm_mode" "$wm_owner" "$wm_group" "$wm_size" '' '' ''
  else
    wm_content=
    if [ "$wm_size" -le "$2" ]; then wm_content=$(base64 < "$1"); fi
    wm_fields f "$wm_mode" "$wm_owner" "$wm_group" "$wm_size" "$(wm_sum_of "$1" "$wm_size")" '' "$wm_content"
  fi
}
