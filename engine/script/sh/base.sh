# Every script starts with this. Answers are NUL-terminated fields on stdout; a field that is the
# run's nonce opens the next answer, so neither a noisy login nor a hostile file name is taken for one.
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
unset CARBON_HOME
umask 022
# Whatever ends a script, a lost connection too, it takes its temporary folder with it, and its sign on a lock.
wm_tmp=; wm_lock_state=; wm_shown_of=
wm_leave() { [ -z "$wm_tmp" ] || rm -rf -- "$wm_tmp"; [ -z "$wm_lock_state" ] || rm -f -- "$wm_lock_state/holder"; }
trap wm_leave EXIT
trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 141' PIPE; trap 'exit 143' TERM
# temp: a new folder, $wm_dir, inside the first one where that is still there. clear: it goes.
wm_temp() {
  if [ -n "$wm_tmp" ]; then wm_dir=$(mktemp -d "$wm_tmp/XXXXXX"); else wm_tmp=$(mktemp -d) && wm_dir=$wm_tmp; fi
}
wm_clear() { rm -rf -- "$wm_dir"; [ "$wm_dir" != "$wm_tmp" ] || wm_tmp=; }
wm_fields() { printf '%s\0' "$@"; }
wm_answer() { wm_fields "$wm_nonce" "$1"; }
# hash: of little. sha256sum has hashed a megabyte before openssl, which is three times faster, has begun.
if command -v sha256sum >/dev/null 2>&1
then wm_hash() { sha256sum -b "$@"; }
else wm_hash() { openssl dgst -sha256 -r "$@"; }
fi
# hash_much: of what may be large.
if command -v openssl >/dev/null 2>&1
then wm_hash_much() { openssl dgst -sha256 -r "$@"; }
else wm_hash_much() { wm_hash "$@"; }
fi
# climb: what $wm_up lies in; a path that is asked for is often not there, and dirname is a process.
wm_climb() {
  case $wm_up in
    */*) wm_up=${wm_up%/*}; wm_up=${wm_up:-/} ;;
    *) wm_up=. ;;
  esac
}
# hidden PATH: true where a folder on the way may not be searched: nothing is seen there, which is no absence.
wm_hidden() {
  wm_up=$1; wm_climb
  while [ ! -e "$wm_up" ] && [ "$wm_up" != / ] && [ "$wm_up" != . ]; do wm_climb; done
  [ -d "$wm_up" ] && [ ! -x "$wm_up" ]
}
# root: true where this runs as root; the shell reads that by itself, once.
wm_ids=
wm_root() {
  [ -n "$wm_ids" ] || while read -r wm_word wm_ids && [ "$wm_word" != Uid: ]; do :; done < /proc/self/status
  # Real, effective, saved.
  case ${wm_ids#*[!0-9]} in 0[!0-9]*) return 0 ;; *) return 1 ;; esac
}
# mine PATH: where whoever runs this keeps what concerns the host: PATH as root, else a folder of their own.
wm_mine() { if wm_root; then wm_at=$1; else wm_at=${HOME:-/tmp}/.local/state/wmprov${1#/var/lib/wmprov}; fi; }
# keyed SHA256: the digest with the key before it, hashed again.
wm_keyed() { wm_one=$(printf '%s %s' "$wm_key" "$1" | wm_hash) && printf '%s' "${wm_one%% *}"; }
wm_hash_of() { wm_one=$(wm_hash < "$1" 2>/dev/null) && printf "%s" "${wm_one%% *}"; }
wm_hash_of_much() { wm_one=$(wm_hash_much < "$1" 2>/dev/null) && printf "%s" "${wm_one%% *}"; }
# sum_of PATH SIZE: its SHA-256, by whichever is faster for so many bytes.
wm_sum_of() { if [ "$2" -gt 1000000 ]; then wm_hash_of_much "$1"; else wm_hash_of "$1"; fi; }
# times_of STATE: how often the lock in it has been taken.
wm_times_of() {
  wm_times=; { IFS= read -r wm_times < "$1/lock"; } 2>/dev/null
  case $wm_times in '' | *[!0-9]*) wm_times=0 ;; esac
}
# text_of FILE: its text in $wm_text, without its last line ends; nothing where it is not there. One line costs no process.
wm_text_of() {
  wm_text=
  [ -s "$1" ] || return 0
  { IFS= read -r wm_text && ! IFS= read -r wm_line && [ -z "$wm_line" ]; } 2>/dev/null < "$1" ||
    wm_text=$(cat "$1" 2>/dev/null) || wm_text=
}
# How many processors are on: `0-3,6`.
wm_processors() {
  wm_count=0; wm_list=
  { read -r wm_list < /sys/devices/system/cpu/online; } 2>/dev/null
  while [ -n "$wm_list" ]; do
    wm_one=${wm_list%%,*}; wm_list=${wm_list#"$wm_one"}; wm_list=${wm_list#,}
    wm_count=$((wm_count + ${wm_one##*-} - ${wm_one%%-*} + 1))
  done
  [ "$wm_count" -gt 0 ] || wm_count=$(nproc 2>/dev/null || echo 1)
}
