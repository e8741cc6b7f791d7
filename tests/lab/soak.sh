# What the soaks share: lab hosts, draws that hang on the seed alone, and a wmprov that is killed so long after an event. Needs
# $ROOT, $lab, $seed and, from the first run on, $site.
die() { echo "${0##*/}: $*" >&2; exit 1; }
on() { "$lab" exec "$1" sh -c "$2"; }
address() { "$lab" ps | awk -v name="$1" '$1 == name { print $2 }'; }
wmprov() { "$lab" control "$ROOT/target/debug/wmprov" "$@" "$site/inventory.yaml"; }

# draw PHASE NUMBER MOST: a number below MOST that hangs on nothing but the seed.
draw() {
  local sum
  sum=$(printf '%s %s %s' "$seed" "$1" "$2" | sha256sum)
  echo $((16#${sum:0:8} % $3))
}

# killed EVENT MILLISECONDS ARGUMENT...: runs wmprov, and kills it so long after a line that holds EVENT.
killed() {
  local event=$1 after=$2 line pid found=
  shift 2
  rm -f "$site/events"
  mkfifo "$site/events"
  # No function, whose shell alone would be killed: the program takes the place of the tool.
  "$lab" control "$ROOT/target/debug/wmprov" "$@" --json "$site/inventory.yaml" >"$site/events" 2>"$site/errors" &
  pid=$!
  exec 3<"$site/events"
  while IFS= read -r line <&3; do
    if [[ $line == *"$event"* ]]; then found=1; break; fi
  done
  [ -n "$found" ] || die "\`$event\` was never said: $(<"$site/errors")"
  sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
  # It may have come to its end before.
  kill -KILL "$pid" 2>/dev/null || true
  exec 3<&-
  wait "$pid" 2>/dev/null || true
}
