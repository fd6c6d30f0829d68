#!/bin/sh
# Validates a running unrip step by step, against the simulators and live alike: see --help. Needs Bun of this checkout alone.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
for bun in "${UNRIP_CACHE:-$HOME/.cache/unrip}"/bun-*/bun; do :; done
[ -x "$bun" ] || {
  echo 'validate.sh: there is no Bun yet: run ./unrip --help once in this checkout' >&2
  exit 1
}
exec "$bun" --no-env-file "$here/validate.ts" "$@"
