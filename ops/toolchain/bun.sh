# shellcheck shell=sh disable=SC2154,SC2034 # the variables are those of ./unrip, which reads this
# Puts the pinned Bun into the cache, from npm, with the checksums of ops/toolchain/bun/package-lock.json, or those of
# bun-baseline for processors without AVX2.
# Install scripts are not run: all that Bun's would do is to move the executable, which is picked out here instead.

install_bun() {
  if [ -x "$bun" ]; then return 0; fi
  new_temporary
  if lacks_avx2; then pin=bun-baseline; else pin=bun; fi
  cp "$root/ops/toolchain/$pin/package.json" "$root/ops/toolchain/$pin/package-lock.json" "$temporary/"
  say "fetching Bun $bun_version from npm (about 40 MB)"
  if ! fetch_bun >"$temporary/log" 2>&1; then
    cat "$temporary/log" >&2
    say "fetching Bun $bun_version failed, see above"
    exit 1
  fi
  for candidate in "$temporary"/node_modules/@oven/bun-*/bin/bun; do
    # One for another processor or C library does not get so far as to tell its version.
    if [ "$("$candidate" --version 2>/dev/null)" = "$bun_version" ]; then
      mkdir -p "$cache/bun-$bun_version"
      mv "$candidate" "$bun"
      return 0
    fi
  done
  say "none of the executables that npm brought runs here: $(uname -sm)"
  exit 1
}

fetch_bun() (
  CDPATH='' cd -- "$temporary" || exit
  if ! command -v npm >/dev/null 2>&1 && command -v bun >/dev/null 2>&1; then
    # It takes over package-lock.json, checksums included.
    exec bun install --frozen-lockfile --ignore-scripts
  fi
  need_packages 'to fetch Bun (Bun itself would do as well)' 'nodejs npm' 'nodejs npm' 'brew install node' npm
  exec npm ci --ignore-scripts --no-audit --no-fund
)

# The usual build starts without AVX2, and dies later: it must not be what is picked.
lacks_avx2() {
  case $(uname -sm) in
  'Linux x86_64') ! grep -q avx2 /proc/cpuinfo ;;
  'Darwin x86_64') ! sysctl -n machdep.cpu.leaf7_features | grep -qi avx2 ;;
  *) return 1 ;;
  esac
}

is_musl() {
  set -- /lib/ld-musl-*
  [ -e "$1" ]
}
