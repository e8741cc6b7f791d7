# java JAVA_HOME: `release` (what its release file says), `asked` (what java -version says), `-` (no java there).
wm_java() {
  if [ ! -x "$1/bin/java" ]; then wm_fields - ''
  elif [ -r "$1/release" ]; then wm_fields release "$(sed -n 's/^JAVA_VERSION="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$1/release")"
  else wm_fields asked "$("$1/bin/java" -version 2>&1 </dev/null | sed -n 's/.*version "\([^"]*\)".*/\1/p')"
  fi
}
