#!/bin/sh
# As root, in a mount namespace of its own (unshare -m): this checkout, the cache of ./unrip, secrets and a state directory are put
# below ROOM, and everything that can be mounted read-only is, but the state; then the command, which drops root by itself.
#   sandbox.sh ROOM APP CACHE SECRETS STATE COMMAND...
set -eu
room=$1 app=$2 cache=$3 secrets=$4 state=$5
shift 5

mount -t tmpfs -o mode=755,size=1m tmpfs "$room"
mkdir "$room/app" "$room/cache" "$room/secrets" "$room/state"
mount --bind "$app" "$room/app"
mount --bind "$cache" "$room/cache"
mount --bind "$secrets" "$room/secrets"
mount --bind "$state" "$room/state"
# The kernel writes a blank of a mount point as \040.
awk '{ print $5 }' /proc/self/mountinfo | sort -u | while read -r name; do
  place=$(printf '%b' "$name")
  case $place in
  /proc | /proc/* | /sys | /sys/* | /dev | /dev/pts | "$room/state") ;;
  *) mount -o remount,bind,ro "$place" ;;
  esac
done
cd /
exec "$@"
