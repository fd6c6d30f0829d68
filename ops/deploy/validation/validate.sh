#!/bin/sh
# Validates a running unrip step by step, against the simulators and live alike: see --help. Needs Bun of this checkout alone, from the
# cache that its services have: as root on a machine of install.sh, UNRIP_CACHE=/opt/unrip/cache.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
root=$(CDPATH='' cd -- "$here/../../.." && pwd -P)
# The same Bun, from the same places, as the launcher has.
version=$(sed -n 's/^bun_version=//p' "$root/unrip")
cache=${UNRIP_CACHE:-${XDG_CACHE_HOME:-${HOME:-$root/.unrip}/.cache}/unrip}
bun=$cache/bun-$version/bun
if ! [ -x "$bun" ] && [ "$(bun --version 2>/dev/null)" = "$version" ]; then bun=$(command -v bun); fi
[ -x "$bun" ] || {
  echo "validate.sh: there is no Bun $version in $cache: set UNRIP_CACHE as the services have it, or run ./unrip --help once in this checkout" >&2
  exit 1
}
exec "$bun" --no-env-file "$here/validate.ts" "$@"
