# java JAVA_HOME: `release` (what its release file says), `asked` (what java -version says), `-` (no java there).
wm_java() {
  if [ ! -x "$1/bin/java" ]; then wm_fields - ''
  elif [ -r "$1/release" ]; then
    wm_text=
    while IFS= read -r wm_line || [ -n "$wm_line" ]; do
      case $wm_line in JAVA_VERSION=*) wm_text=${wm_line#*=}; wm_text=${wm_text#\"}; wm_text=${wm_text%\"}; break ;; esac
    done < "$1/release"
    wm_fields release "$wm_text"
  else wm_fields asked "$("$1/bin/java" -version 2>&1 </dev/null | sed -n 's/.*version "\([^"]*\)".*/\1/p')"
  fi
}
