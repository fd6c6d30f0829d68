#!/bin/sh
# Puts the history of a backup that backup.sh made into an empty database, on this server or another. Starts nothing; the history-writer
# has to be stopped. All of it is put back, or nothing.
#
#   DATABASE_OWNER_URL=... ops/deploy/backup/restore-database.sh BACKUP
#
# The database and its roles come first: sql/README.md, "Roles". DATABASE_OWNER_URL, or the file that DATABASE_OWNER_URL_FILE names, has
# the URL of its owner. Needs the client of PostgreSQL, of the server's version. Afterwards: ./unrip migrate, then the history-writer.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"
# shellcheck source=ops/deploy/backup/history.sh
. "$here/history.sh"

[ $# -eq 1 ] || usage
case $1 in -*) usage ;; esac
backup=$1
check_backup "$backup"
[ -f "$backup/history.dump" ] || fail "$backup has no history.dump: DATABASE_OWNER_URL was not set when it was made"
for program in pg_restore psql; do
  command -v "$program" >/dev/null || fail "there is no $program: install the client of PostgreSQL"
done
find_database
[ -n "$url" ] || fail 'DATABASE_OWNER_URL is not set: give the URL of the empty database, as its owner'

ask() { psql --no-psqlrc --no-password -qAt -v ON_ERROR_STOP=1 -d "$url" -c "$1" || fail 'the database cannot be asked'; }

# Rows would be added to what is there, and what is there would be in the way of what is put back.
tables=$(ask "select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')")
[ "$tables" = 0 ] || fail 'the database is not empty: make another one (createdb), with its roles (sql/README.md, "Roles")'
roles=$(ask "select string_agg(name, ', ') from unnest(array['unrip_owner', 'unrip_writer', 'unrip_reader', 'unrip_analyst']) as name where not exists (select from pg_roles where rolname = name)")
[ -z "$roles" ] || fail "the server lacks the roles $roles: make them with sql/roles.sql, in this database (sql/README.md, \"Roles\")"

# The server's own functions are no part of the history, and not the owner's to change; sql/roles.sql has set their rights here.
list=$(mktemp)
trap 'rm -f "$list"' EXIT
trap 'exit 1' HUP INT TERM
contents=$(pg_restore --list "$backup/history.dump") || fail "$backup/history.dump cannot be read"
printf '%s\n' "$contents" | sed '/ ACL pg_catalog /d' >"$list"
pg_restore --no-owner --single-transaction --no-password --use-list="$list" -d "$url" "$backup/history.dump" ||
  fail 'nothing was put back; where it lacked memory for locks, raise max_locks_per_transaction of the server and try again'
echo 'restored: run ./unrip migrate, then start the history-writer, which goes on from the offsets in the backup'
