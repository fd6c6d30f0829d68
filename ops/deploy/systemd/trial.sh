#!/bin/sh
# Boots a systemd of its own in namespaces of this machine, above an overlay that is thrown away, installs the units with install.sh and
# tries them with the engine of this checkout: ready, user, secrets, hardening, watchdog, drain. Nothing of this machine is changed, and
# nothing outside of it is called: every address of the engine is a closed port. Takes a minute; needs root, systemd and overlayfs.
#
#   ops/deploy/systemd/trial.sh
#
# The last line counts what passed; exit code 0 when all did.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
source=$(CDPATH='' cd -- "$here/../../.." && pwd -P)
cache=${UNRIP_CACHE:-${XDG_CACHE_HOME:-${HOME-}/.cache}/unrip}

if [ "${1-}" = boot ]; then # inside of the namespaces
  place=$2
  root=$place/root
  mount --make-rprivate /
  mount -t tmpfs tmpfs "$place/layers"
  mkdir "$place/layers/upper" "$place/layers/work"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$place/layers/upper,workdir=$place/layers/work" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  mkdir -p "$root/trial" "$root/opt/unrip/app" "$root/opt/unrip/cache" "$root/mnt/old"
  mount --bind "$place/out" "$root/trial"
  mount --bind "$source" "$root/opt/unrip/app"
  mount --bind "$cache" "$root/opt/unrip/cache"
  printf '[Unit]\nDefaultDependencies=no\nRequires=trial.service\nAfter=trial.service\n' >"$root/etc/systemd/system/trial.target"
  printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nTimeoutStartSec=150\nExecStart=-/opt/unrip/app/ops/deploy/systemd/trial.sh inside\nExecStartPost=/bin/systemctl --no-block --force exit\n' \
    >"$root/etc/systemd/system/trial.service"
  cd "$root"
  pivot_root . mnt/old
  umount -l /mnt/old
  # As a container manager leaves it: credentials are mounted for each service.
  mount --make-rshared /
  export container=unrip-trial
  exec /lib/systemd/systemd --system --unit=trial.target --log-target=null --show-status=0
fi

if [ "${1-}" != inside ]; then
  place=$(mktemp -d)
  mkdir "$place/root" "$place/layers" "$place/out"
  trap 'rm -rf "$place"' EXIT
  "$source/unrip" keys new "$place/out/near-key" --account trial.near >"$place/out/key.log"
  timeout -s KILL 180 unshare --fork --kill-child --pid --mount --uts --ipc --cgroup --mount-proc "$here/trial.sh" boot "$place" || true
  cat "$place/out/result" 2>/dev/null || echo '0 passed, 1 failed'
  tail -n 1 "$place/out/result" 2>/dev/null | grep -q ', 0 failed'
  exit
fi

# Below: under that systemd.
log=/trial/log
exec >/trial/result 2>>"$log"
# shellcheck source=ops/deploy/trial-checks.sh
. "$here/../trial-checks.sh"
shown() { systemctl show unrip-engine -p "$1" --value; }
is() { [ "$(shown "$1")" = "$2" ]; }
restarted() { [ "$(shown NRestarts)" -ge 1 ] && is SubState running; }
of_process() { grep -q "$1" "/proc/$(shown MainPID)/status"; }
url() { sed -n 's/.*"url":"\([^"]*\)".*/\1/p' /var/lib/unrip/engine/control.json; }
answers() { [ "$(curl -s "$(url)/livez")" = '{"alive":true}' ]; }
manager_gets() { # STATUS PATH
  [ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(cat /etc/unrip/credentials/engine-control-token)" \
    -H 'Content-Type: application/json' -d '{}' "$(url)$2")" = "$1" ]
}

check 'install.sh installs' "$here/install.sh"
cp /trial/near-key /etc/unrip/credentials/near-key
printf 'relay-key-of-the-trial-000000000' >/etc/unrip/credentials/relay-api-key
chmod 600 /etc/unrip/credentials/*
printf 'NEAR_ACCOUNT_ID=trial.near\nKAFKA_BROKERS=127.0.0.1:1\n' >/etc/unrip/common.env
closed=127.0.0.1:1
printf '%s\n' CONTROL_PORT=0 DRAIN_LIMIT_MS=3000 "RELAY_WS_URL=ws://$closed/ws" "RELAY_RPC_URL=http://$closed/rpc" \
  "NEAR_RPC_URL=http://$closed" "KRAKEN_WS_URL=ws://$closed" "COINGECKO_URL=http://$closed" >/etc/unrip/engine.env
check 'the engine says that it is ready, with credentials of root' systemctl start unrip-engine
version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' /opt/unrip/app/package.json)
check 'it says what runs' is StatusText "engine $version is running"
check 'it answers at /livez' answers
check 'the manager may reserve in it, if it says what' manager_gets 400 /inventory/reservations
check 'and may not arm it' manager_gets 403 /executor/arm
check 'it has a user of its own, no capability, and filtered calls' of_process '^Seccomp:[[:space:]]*2'
real_time() { [ "$(cut -d ' ' -f 40 "/proc/$(shown MainPID)/stat")" = "$1" ]; }
# Where systemd itself may not raise the limit there is nothing to be taken.
if [ "$(shown LimitRTPRIO)" = 1 ] && grep -q '^Max realtime priority *1 ' "/proc/$(shown MainPID)/limits"; then check 'it has real-time priority' real_time 1; fi
check 'it cannot gain rights' of_process '^NoNewPrivs:[[:space:]]*1'
check 'its state is closed to others' test "$(stat -c %a /var/lib/unrip/engine)" = 700
sleep 12
check 'it is alive after more than the time of the watchdog' is NRestarts 0
kill -STOP "$(shown MainPID)"
check 'stalled, it is ended and started again' within 40 restarted
check 'it answers again' within 10 answers
check 'stopped, it drains' systemctl stop unrip-engine
check 'and ends with 0' is ExecMainStatus 0
check 'in order' is Result success
check 'a removal keeps the state' sh -c "$here/install.sh --remove && test -d /var/lib/unrip/engine/journal && ! systemctl cat unrip-engine"
count_checks
