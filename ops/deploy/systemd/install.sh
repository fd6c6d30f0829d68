#!/bin/sh
# Installs unrip as systemd services on this machine, from the checkout that this script is in. Again changes only what differs.
#
#   ops/deploy/systemd/install.sh [--dry-run] [--root DIR]      installs; starts and enables nothing
#   ops/deploy/systemd/install.sh --remove [--dry-run]          removes units; keeps state, secrets, users and the checkout
#
# --dry-run   prints what would be done, and changes nothing
# --root DIR  installs below DIR, without users, toolchain and systemctl: for images and tests
#
# /opt/unrip/versions   checkouts               /etc/unrip              settings (*.env), credentials/ (root alone)
# /opt/unrip/app        link to the newest      /var/lib/unrip          state, a directory each process
# /opt/unrip/cache      Bun and the addon
#
# What runs goes on with the files of its own version until it is started again.
set -eu
# The users of the services read what is made here; what they must not read has its own mode.
umask 022

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
source=$(CDPATH='' cd -- "$here/../../.." && pwd -P)
dry=no
root=
remove=no

# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"

while [ $# -gt 0 ]; do
  case $1 in
  --dry-run) dry=yes ;;
  --remove) remove=yes ;;
  --root)
    [ $# -ge 2 ] || usage
    root=$2
    shift
    ;;
  *) usage ;;
  esac
  shift
done

units=$root/etc/systemd/system
settings=$root/etc/unrip
base=$root/opt/unrip
app=$base/app
cache=$base/cache
changed=0

say() { printf '%s\n' "$*"; }

# Runs the command, unless nothing is to be changed.
act() {
  changed=$((changed + 1))
  if [ "$dry" = yes ]; then say "would run: $*"; else "$@"; fi
}

# A call of systemd: of the machine, not of a directory.
act_on_machine() {
  [ -z "$root" ] || return 0
  act "$@"
}

# The same with what changes something only where something is missing, so that it is no change.
ensure() {
  if [ "$dry" = yes ]; then say "would run: $*"; else "$@"; fi
}
ensure_on_machine() {
  [ -z "$root" ] || return 0
  ensure "$@"
}

directory() { # path mode
  if [ -d "$1" ] && [ "$(stat -c %a "$1")" = "$2" ]; then return 0; fi
  act mkdir -p "$1"
  act chmod "$2" "$1"
}

# Copies a file that differs, as a whole: systemd never reads half of one.
file() { # from to mode
  if cmp -s "$1" "$2" && [ "$(stat -c %a "$2")" = "$3" ]; then return 0; fi
  if [ "$dry" = yes ]; then
    act cp "$1" "$2"
    return 0
  fi
  changed=$((changed + 1))
  say "writes $2"
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  mv -f "$2.new" "$2"
}

# A file of the operator's: made once, never changed.
template() { # path mode text
  if [ -e "$1" ]; then return 0; fi
  if [ "$dry" = yes ]; then
    say "would make: $1"
    changed=$((changed + 1))
    return 0
  fi
  changed=$((changed + 1))
  say "makes $1"
  (umask 077 && printf '%s\n' "$3" >"$1")
  chmod "$2" "$1"
}

names() { for unit in "$here"/*.service "$here"/*.target; do basename -- "$unit"; done; }

# Units of earlier versions, whose command there is none of.
gone=unrip-reconciler.service
remove_unit() { # name
  [ -e "$units/$1" ] || return 0
  act_on_machine systemctl disable --now "$1"
  act rm -f "$units/$1"
}

if [ -z "$root" ] && [ "$dry" = no ] && [ "$(id -u)" != 0 ]; then
  fail 'run this as root, or with --dry-run'
fi

if [ "$remove" = yes ]; then
  for name in $(names) $gone; do remove_unit "$name"; done
  if [ -d "$units/unrip-.service.d" ]; then act rm -rf "$units/unrip-.service.d"; fi
  if [ -e "$root/usr/lib/sysusers.d/unrip.conf" ]; then act rm -f "$root/usr/lib/sysusers.d/unrip.conf"; fi
  act_on_machine systemctl daemon-reload
  say "kept: /var/lib/unrip (the journal: without it nothing can be armed for ten minutes), /etc/unrip, /opt/unrip, the users"
  say "$changed changes"
  exit 0
fi

if [ -z "$root" ] && [ "$dry" = no ] && command -v flock >/dev/null; then
  exec 8>/run/unrip-install.lock
  flock -n 8 || fail 'another one is running'
fi

# Copied and complete, with its dependencies, before anything that is started next is of it.
new_version() {
  staged=$("$here/versions.sh" stage "$source" "$base")
  if [ -z "$staged" ]; then return 0; fi
  say "copies $source to $base/versions"
  changed=$((changed + 1))
  env UNRIP_CACHE="$cache" "$staged/unrip" --version
  "$here/versions.sh" switch "$staged" "$base"
}

directory "$base" 755
if [ -z "$root" ] && [ "$source" != "$(readlink -f "$app")" ]; then
  if [ "$dry" = yes ]; then say "would copy $source to $base/versions, and let $app be it"; else new_version; fi
fi
ensure_on_machine env UNRIP_CACHE="$cache" "$app/unrip" --version

directory "$root/usr/lib/sysusers.d" 755
file "$here/sysusers.conf" "$root/usr/lib/sysusers.d/unrip.conf" 644
ensure_on_machine systemd-sysusers /usr/lib/sysusers.d/unrip.conf

directory "$settings" 755
directory "$settings/credentials" 700
# systemd reads them, as root: the URL of an endpoint in NEAR_RPC_URL can have a key in it.
template "$settings/common.env" 600 "# For every process. Names and defaults: contracts/generated/environment.md. Keys and passwords belong into credentials/.
NEAR_ACCOUNT_ID=
KAFKA_BROKERS=127.0.0.1:9092"
template "$settings/engine.env" 600 '# For the engine alone: limits begin small.
STRATEGY_MAX_NOTIONAL_EUR=5
MAX_FILLED_EUR_PER_MIN=15
MAX_FILLED_EUR_PER_DAY=50'
# Tokens with which processes call each other, and settings of Kafka; it names those that only you have.
ensure "$here/../secrets.sh" "$settings/credentials"

directory "$units" 755
directory "$units/unrip-.service.d" 755
file "$here/unrip-.service.d/10-common.conf" "$units/unrip-.service.d/10-common.conf" 644
for name in $(names); do file "$here/$name" "$units/$name" 644; done
for name in $gone; do remove_unit "$name"; done
if [ "$changed" -gt 0 ]; then act_on_machine systemctl daemon-reload; fi

say "$changed changes"
cat <<'END'
next: put what is missing into /etc/unrip/credentials (mode 600, root): near-key, relay-api-key, database-url-owner, database-url-writer;
set NEAR_ACCOUNT_ID in /etc/unrip/common.env; then
  systemctl start unrip-topics unrip-migrate
  systemctl start unrip-doctor; journalctl -u unrip-doctor -n 80
  systemctl enable --now unrip.target
the target has the engine and the history-writer alone. Nothing raises the alerts of ops.alert until
  systemctl enable --now unrip-ops-sentinel
Deposit addresses and withdrawals need
  systemctl enable --now unrip-liquidity-manager
What runs already goes on with its version; for the order of restarts see "Upgrade" in ops/deploy/README.md.
END
