#!/bin/sh
# Puts the journal of a backup that backup.sh made into an empty STATE_DIR, on this machine or another. Starts nothing. In a volume of
# root, where the engine keeps its state in unrip/ inside, it goes there.
#
#   ops/deploy/backup/restore.sh BACKUP STATE_DIR
#
# The engine that starts on it signs nothing for ten minutes, since the one that was lost may have signed after the backup. The
# database goes back with restore-database.sh.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"
# shellcheck source=ops/deploy/backup/history.sh
. "$here/history.sh"

[ $# -eq 2 ] || usage
backup=$1
state=$2
check_backup "$backup"
[ -d "$backup/engine/journal" ] || fail "$backup has no journal"
for existing in "$state/journal" "$state/signed-ids" "$state/unrip/journal" "$state/unrip/signed-ids"; do
  [ ! -e "$existing" ] || fail "$existing exists: move it away first, and keep it until the balances were compared"
done
# As the engine finds it: see ops/OPERATIONS.md, "Read-only and unprivileged".
if [ -d "$state/unrip" ] || { [ -d "$state" ] && [ "$(id -u)" != 0 ] && [ "$(stat -c %u "$state")" = 0 ]; }; then state=$state/unrip; fi
# The lock of the engine is on the directory: one whose journal was moved away may still run.
if [ -d "$state" ] && command -v flock >/dev/null; then
  flock -n "$state" true || fail "an engine runs on $state: stop it first"
fi
umask 077
mkdir -p "$state"
chmod 700 "$state"
# Under another name until it is whole.
rm -rf "$state/restored"
cp -R "$backup/engine" "$state/restored"
find "$state/restored" -type d -exec chmod 700 {} +
find "$state/restored" -type f -exec chmod 600 {} +
sync
mv "$state/restored/signed-ids" "$state/signed-ids"
mv "$state/restored/journal" "$state/journal"
rmdir "$state/restored"
sync
printf 'restored into %s: give it to the user of the engine (chown -R), start it, and arm not before ten minutes\n' "$state"
# The engine knows a copy by the time of birth of its directory: see ops/deploy/README.md.
case $(stat -c %W "$state/journal") in
'' | 0 | -) printf 'restore.sh: this file system keeps no time of birth, so that the engine does not know that it runs on a copy, and lets itself be armed: do not arm it until ten minutes after the lost one last ran\n' >&2 ;;
esac
