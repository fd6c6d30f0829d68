# shellcheck shell=sh disable=SC2154,SC2034 # the variables are those of ./unrip, which reads this
# The slow path of ./unrip, read by it when something is missing or has changed: Bun, dependencies, Kafka addon.
# Everything is made next to its place and then moved there, so that a killed start leaves nothing half done, and each
# step runs under a lock, so that starts at the same moment wait for one another instead of doing it twice.
# Uses of ./unrip: root, cache, bun, bun_version, addon, stamp, state, refuse_foreign_cache.

say() { echo "unrip: $*" >&2; }

# shellcheck source=ops/toolchain/lock.sh
. "$root/ops/toolchain/lock.sh"
# shellcheck source=ops/toolchain/packages.sh
. "$root/ops/toolchain/packages.sh"
# shellcheck source=ops/toolchain/bun.sh
. "$root/ops/toolchain/bun.sh"
# shellcheck source=ops/toolchain/kafka-addon.sh
. "$root/ops/toolchain/kafka-addon.sh"

# shellcheck source=ops/toolchain/environment.sh
. "$root/ops/toolchain/environment.sh"

prepare() ( # ARGUMENTS OF ./unrip, in a subshell: what is unset here is still there for the command itself
  drop_environment
  for place in "$cache" "$root/.unrip" "$root"; do refuse_unwritable "$place"; done
  refuse_foreign_cache
  # Bun checks a package when it fetches it, and takes it from here unchecked later.
  export BUN_INSTALL_CACHE_DIR="$cache/packages"
  find "$cache" -maxdepth 1 -name 'tmp.*' -mtime +1 -exec rm -rf {} +
  if ! [ -x "$bun" ]; then with_lock "$cache/bun.lock" 'fetching Bun' install_bun; fi
  with_lock "$root/.unrip/install.lock" 'installing dependencies' install_dependencies
  if wants_help "$@"; then exit 0; fi
  if [ "${1-}" = --rebuild-kafka ]; then rebuild=yes; else rebuild=no; fi
  with_lock "$cache/kafka-addon.lock" 'building the Kafka addon' ensure_kafka_addon "$rebuild"
  with_lock "$root/.unrip/install.lock" 'installing dependencies' place_kafka_addon
)

# On a read-only system, or as a user of a service, all has to be there before.
refuse_unwritable() { # FOLDER
  if mkdir -p "$1" 2>/dev/null && [ -w "$1" ]; then return 0; fi
  say "Bun, the dependencies or the Kafka addon are missing, or not those of this version, and $1 cannot be written by this user"
  say "let a user who may write it run this once, and set UNRIP_CACHE to the same place ever after: UNRIP_CACHE=$cache $self --rebuild-kafka"
  exit 1
}

# Help needs no addon, and should not take a minute to appear the first time.
wants_help() {
  [ $# -gt 0 ] || return 0
  case $1 in -h | help) return 0 ;; esac
  for argument in "$@"; do
    case $argument in
    --help) return 0 ;;
    --) return 1 ;;
    esac
  done
  return 1
}

# bun.lock names the patches and says nothing of what is in them.
wanted_dependencies() { cat "$root/bun.lock" "$root"/ops/toolchain/patches/*; }

install_dependencies() {
  if wanted_dependencies | cmp -s - "$root/node_modules/.unrip-lock"; then return 0; fi
  say 'installing the dependencies of bun.lock (some 10 s)'
  log=$root/.unrip/install.log
  # One that breaks off leaves a mixture: nothing may call that the state of the former lock any more.
  rm -f "$root/node_modules/.unrip-lock" "$stamp"
  if ! (CDPATH='' cd -- "$root" && exec "$bun" install --frozen-lockfile --ignore-scripts) >"$log" 2>&1; then
    cat "$log" >&2
    say "installing the dependencies failed, see above; the log is $log"
    exit 1
  fi
  wanted_dependencies >"$root/node_modules/.unrip-lock"
}

new_temporary() { # in the cache, so that what is made in it can be moved to its place in one step
  temporary=$(mktemp -d "$cache/tmp.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  trap 'exit 1' HUP INT TERM
}
