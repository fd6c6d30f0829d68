# shellcheck shell=sh disable=SC2154 # `here` is that of the script that reads this
# What the scripts of the deployment begin with: how each says how it is called, and what is wrong. Uses: here, the script's folder.

script=${0##*/}

# The comment at the beginning of the script.
usage() {
  sed -n '2,${/^#/!q;s/^# \{0,1\}//;p;}' "$here/$script" >&2
  exit 2
}
fail() {
  printf '%s: %s\n' "$script" "$*" >&2
  exit 1
}
