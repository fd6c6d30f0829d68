#!/bin/sh
# Versions of the checkout, each in a directory of its own: what runs goes on with the files that it was started with, and nothing that a
# version no longer has is left in the next one. BASE/app is a link to the version that is started next; it is switched in one step.
#
#   ops/deploy/systemd/versions.sh stage SOURCE BASE     copies SOURCE next to the others; prints where, or nothing when it is BASE/app
#   ops/deploy/systemd/versions.sh switch STAGED BASE    lets BASE/app be it; removes those before the former one that nothing runs from
#
# One at a time: install.sh sees to that.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"
[ $# -eq 3 ] || usage
base=$(CDPATH='' cd -- "$3" && pwd -P)
app=$base/app
versions=$base/versions

# A process has the path of the file that it was started with among its arguments. Prints one that is of the directory, if any.
running_from() { # DIRECTORY
  for arguments in /proc/[0-9]*/cmdline; do
    # One that has ended meanwhile is none.
    if grep -qaF -e "$1/" "$arguments" 2>/dev/null; then
      pid=${arguments%/cmdline}
      echo "${pid##*/}"
      return 0
    fi
  done
}

case $1 in
stage)
  mkdir -p "$versions"
  # What an installation that broke off left behind.
  rm -rf "$versions"/.new.*
  staged=$(mktemp -d "$versions/.new.XXXXXX")
  chmod 755 "$staged"
  "$here/copy-checkout.sh" "$2" "$staged" || {
    rm -rf "$staged"
    exit 1
  }
  if [ -e "$app" ] && diff -rq -x node_modules -x .unrip "$staged" "$app/" >/dev/null 2>&1; then
    rm -rf "$staged"
    exit 0
  fi
  printf '%s\n' "$staged"
  ;;
switch)
  former=
  if [ -h "$app" ]; then
    former=$(readlink -f "$app" || true)
  elif [ -e "$app" ]; then
    # As installations before there were versions have it: it cannot be moved while something runs from it.
    pid=$(running_from "$app")
    [ -z "$pid" ] || fail "process $pid runs from $app, which is one directory for all versions: stop it this once (./unrip disarm --pull, then systemctl stop), and try again"
    former=$versions/$(date -u +%Y%m%dT%H%M%SZ)-former
    mv "$app" "$former"
  fi
  version=$versions/$(date -u +%Y%m%dT%H%M%SZ)-${2##*.}
  mv "$2" "$version"
  ln -s "versions/${version##*/}" "$base/.app.$$"
  mv -Tf "$base/.app.$$" "$app"
  for other in "$versions"/*; do
    if [ "$other" = "$version" ] || [ "$other" = "$former" ] || [ -n "$(running_from "$other")" ]; then continue; fi
    rm -rf "$other"
  done
  ;;
*) fail "$1: stage or switch" ;;
esac
