# since HOME UNIT-FILE UNIT, then the words of `tree` from ROOTS on: what of the owned part of a Home has changed since its
# server has started: `s` and the paths, one a line, or `-` where no server runs whose start is known, or not all may be seen. What is in a normal
# form is left out, and folders: Carbon rewrites the one and puts files of its own into the other. The server writes its
# pid before it reads anything, so that file tells when.
wm_since() {
  wm_java_of "$1" "$3"
  # A pid file that another start has written over tells the time of that.
  wm_one=$wm_pid; wm_pid_of "$1"
  if [ -z "$wm_one" ] || [ "$wm_pid" != "$wm_one" ]; then
    wm_fields - ''; return
  fi
  # What may not be looked at may have changed.
  wm_changed=$( { cd -- "$1" && eval "find $4 $6 $7 ! -type d -cnewer wso2carbon.pid -print" &&
    find "$2" -cnewer wso2carbon.pid; } 2>/dev/null) || { wm_fields - ''; return; }
  wm_fields s "$wm_changed"
}
