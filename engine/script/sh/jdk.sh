# jdk STATE HOME: the JDK that was verified in the stage takes its place. One whose files were changed leaves it first; a
# run that is cut in between finds none there, and what it sent still in the stage.
wm_jdk() {
  if [ -e "$2" ] || [ -L "$2" ]; then rm -rf -- "$1/former" && mv -T -- "$2" "$1/former" || return 1; fi
  mv -T -- "$1/stage" "$2" && sync "${2%/*}" && rm -rf -- "$1"
}
