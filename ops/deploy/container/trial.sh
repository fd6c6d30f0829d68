#!/bin/sh
# Builds the image of this checkout with buildah, from a base that debootstrap makes, and runs its engine as a container engine would: as
# the user of the image, with a read-only root, in namespaces of its own. For machines on which no container engine runs. Nothing is
# called but what the build fetches: every address of the engine is a closed port. Needs root, buildah and debootstrap; takes minutes.
#
#   ops/deploy/container/trial.sh DIRECTORY
#
# DIRECTORY   keeps base and image, 2 GB: run again, the base is taken from there
#
# The last line counts what passed; exit code 0 when all did.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/../script.sh"
source=$(CDPATH='' cd -- "$here/../../.." && pwd -P)

if [ "${1-}" = inside ]; then # of the namespaces: ROOT STATE SECRETS ENVIRONMENT...
  root=$2 state=$3 secrets=$4
  shift 4
  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount -o remount,bind,ro "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --bind "$state" "$root/var/lib/unrip"
  mount --bind "$secrets" "$root/mnt"
  mount -o remount,bind,ro "$root/mnt"
  exec chroot "$root" setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    env -i "$@" /opt/unrip/app/unrip engine
fi

[ $# -eq 1 ] || usage
case $1 in -*) usage ;; esac
[ "$(id -u)" = 0 ] || fail 'run this as root'
for program in buildah debootstrap unshare setpriv; do
  command -v "$program" >/dev/null || fail "there is no $program: apt-get install buildah debootstrap util-linux"
done
mkdir -p "$1"
place=$(CDPATH='' cd -- "$1" && pwd -P)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true' EXIT
build() { buildah --root "$place/storage" --runroot "$place/run" --storage-driver vfs "$@"; }

log=$place/log
# shellcheck source=ops/deploy/trial-checks.sh
. "$here/../trial-checks.sh"

make_base() {
  rm -rf "$place/debian"
  debootstrap --variant=minbase bookworm "$place/debian" || return 1
  container=$(build from scratch) || return 1
  build add --quiet "$container" "$place/debian" / || return 1
  # Where a proxy signs what is fetched, its certificate is that of this machine.
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    build add --quiet "$container" "$NODE_EXTRA_CA_CERTS" /usr/local/share/trial.crt || return 1
    build config --env NODE_EXTRA_CA_CERTS=/usr/local/share/trial.crt "$container" || return 1
  fi
  build commit --quiet "$container" localhost/unrip-trial-base || return 1
  rm -rf "$place/debian"
}

: >"$log"
if ! build inspect --type image localhost/unrip-trial-base >/dev/null 2>&1; then check 'a base is made' make_base; fi
check 'the image builds' build build --layers --isolation chroot --format docker --build-arg BASE=localhost/unrip-trial-base \
  -t localhost/unrip-trial -f "$source/Containerfile" "$source"
container=$(build from localhost/unrip-trial) || fail "there is no image: see $log"
root=$(build mount "$container")
echo "      $(du -sm --exclude=proc "$root" | cut -f 1) MB"
says() { build inspect --type image localhost/unrip-trial | grep -q "$1"; }
check 'it names its user' says '"User": "10001:10001"'
check 'and its health check' says '"Healthcheck"'

state=$place/state
secrets=$place/secrets
rm -rf "$state" "$secrets"
install -d -m 700 -o 10001 -g 10001 "$state" "$secrets"
"$source/unrip" keys new "$secrets/near-key" --account trial.near >>"$log"
chown 10001:10001 "$secrets/near-key"
closed=127.0.0.1:1
set -- PATH=/usr/sbin:/usr/bin:/sbin:/bin UNRIP_CACHE=/opt/unrip/cache STATE_DIR=/var/lib/unrip CONTROL_PORT=0 DRAIN_LIMIT_MS=3000 \
  NEAR_ACCOUNT_ID=trial.near NEAR_KEY_FILE=/mnt/near-key RELAY_API_KEY=relay-key-of-the-trial-000000000 "KAFKA_BROKERS=$closed" \
  "RELAY_WS_URL=ws://$closed/ws" "RELAY_RPC_URL=http://$closed/rpc" "NEAR_RPC_URL=http://$closed" "KRAKEN_WS_URL=ws://$closed" \
  "COINGECKO_URL=http://$closed"
began=$(date +%s%N)
unshare --mount --ipc --uts "$here/trial.sh" inside "$root" "$state" "$secrets" "$@" >"$place/engine.log" 2>&1 &
pid=$!
listens() { [ -s "$state/control.json" ]; }
check 'the engine starts' within 60 listens
echo "      after $((($(date +%s%N) - began) / 1000000)) ms"
in_image() { nsenter --mount="/proc/$pid/ns/mnt" chroot --userspec=10001:10001 "$root" env -i PATH=/usr/bin:/bin UNRIP_CACHE=/opt/unrip/cache STATE_DIR=/var/lib/unrip "$@"; }
of_process() { grep -q "$1" "/proc/$pid/status"; }
check 'as its own user, which can gain no right' of_process '^Uid:[[:space:]]10001[[:space:]]10001'
check 'without a capability' of_process '^CapEff:[[:space:]]0*$'
check 'its health check is well' within 20 in_image /opt/unrip/app/ops/deploy/container/health.sh
cannot() { in_image true && ! in_image sh -c "$1"; }
check 'nothing of the image can be written' cannot 'touch /opt/unrip/app/x || touch /tmp/x || touch /x'
check 'its state is closed to others' test "$(stat -c %a "$state")" = 700
kill -TERM "$pid" || true
ended=$(date +%s)
code=0
wait "$pid" || code=$?
pid=
check 'SIGTERM drains: it ends with 0' test "$code" = 0
check 'within its grace period' test $(($(date +%s) - ended)) -le 24
build umount "$container" >>"$log"
build rm "$container" >>"$log"
count_checks
