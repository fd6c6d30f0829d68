#!/bin/sh
# Copies what is precious of a running unrip into a new directory below DEST: the journal of the engine, and with DATABASE_OWNER_URL
# or DATABASE_OWNER_URL_FILE the database. Stops nothing, changes nothing in STATE_DIR. Run it as a user who may read STATE_DIR.
#
#   ops/deploy/backup/backup.sh STATE_DIR DEST
#
# Prints the directory that it made. Put it back with restore.sh. The key and /etc/unrip are not in it: see ops/deploy/README.md.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"
# shellcheck source=ops/deploy/backup/history.sh
. "$here/history.sh"

[ $# -eq 2 ] || usage
state=$1
dest=$2
# In a volume of root the engine keeps its state in a directory of its own inside.
if [ -d "$state/unrip/journal" ]; then
  [ ! -d "$state/journal" ] || fail "there are two journals, in $state and in $state/unrip: give the one that the engine uses, and move the other journal away"
  state=$state/unrip
fi
journal=$state/journal
[ -d "$journal" ] || fail "$journal does not exist: give STATE_DIR of the engine, and run this as its user or as root"
umask 077
mkdir -p "$dest"

# What a backup that was killed left behind.
find "$dest" -maxdepth 1 -type d -name '.unrip-*' -mtime +1 -exec rm -rf {} +

# A whole one only ever has the final name.
name=unrip-$(date -u +%Y%m%dT%H%M%SZ)
work=$(mktemp -d "$dest/.$name.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

segments() { (cd "$1" && ls | grep -E '^[0-9]{16}\.log$' | sort) || true; }

# The position of the outbox first: what it counts on is in the segments that are read after it. The segments oldest first, from one
# list: each but the newest is complete by then, and of the newest a beginning is copied, as a crash would leave it. The ids last: the
# checkpoints in the segments count on them. A segment that the engine removed meanwhile begins the copy again.
copy_state() {
  rm -rf "$work/engine"
  mkdir -p "$work/engine/journal" "$work/engine/signed-ids"
  for file in outbox.json place.json; do
    if [ -e "$journal/$file" ]; then cp -p "$journal/$file" "$work/engine/journal/" 2>"$work/problem" || return 1; fi
  done
  list=$(segments "$journal")
  [ -n "$list" ] || fail "there is no journal in $journal"
  set --
  for file in $list; do set -- "$@" "$journal/$file"; done
  cp -p "$@" "$work/engine/journal/" 2>"$work/problem" || return 1
  if [ -d "$state/signed-ids" ]; then
    for file in "$state/signed-ids"/*.ids; do
      [ -e "$file" ] || continue
      cp -p "$file" "$work/engine/signed-ids/" 2>"$work/problem" || return 1
    done
  fi
}

tries=20
until copy_state; do
  tries=$((tries - 1))
  [ $tries -gt 0 ] || fail "the journal could not be copied: $(cat "$work/problem" 2>/dev/null || true)"
done
rm -f "$work/problem"

find_database
if [ -n "$url" ]; then
  command -v pg_dump >/dev/null || fail 'DATABASE_OWNER_URL is set, but there is no pg_dump: install the client of PostgreSQL'
  pg_dump -Fc --no-password -d "$url" >"$work/history.dump" || fail 'the database could not be dumped'
fi

(cd "$work" && find . -type f ! -name SHA256SUMS | sort | while read -r file; do sha256sum "$file"; done >SHA256SUMS)
find "$work" -type d -exec chmod 700 {} +
find "$work" -type f -exec chmod 600 {} +
sync
# Another one of the same second may take the name at the same moment: nothing is moved over it, or into it.
made=$dest/$name
n=1
until [ ! -e "$made" ] && mv -nT "$work" "$made" && [ ! -e "$work" ]; do
  n=$((n + 1))
  [ $n -le 100 ] || fail "$dest takes no further directory"
  made=$dest/$name-$n
done
printf '%s\n' "$made"
