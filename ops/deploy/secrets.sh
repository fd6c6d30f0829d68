#!/bin/sh
# Makes, in a directory, those secrets that can be made here, and says which ones are missing. What is there is never changed.
#
#   ops/deploy/secrets.sh DIRECTORY
#
# engine-control-token    token of the liquidity-manager, with which it reserves amounts in the engine, and can do nothing else there
# metrics-token           token of Prometheus, which reads /metrics with it
# control-tokens-engine   CONTROL_TOKENS of the engine: the hashes of both
# control-tokens          CONTROL_TOKENS of every other process: the hash of the second alone
# kafka-config-PROCESS    KAFKA_CONFIG_JSON: {} unless Kafka asks for more
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
# shellcheck source=ops/deploy/script.sh
. "$here/script.sh"

[ $# -eq 1 ] || usage
case $1 in -*) usage ;; esac
umask 077
mkdir -p "$1"
CDPATH='' cd -- "$1"

# A whole file, or none. Of a pipe a shell sees the last command alone, so that what it gave is judged.
put() { # FILE TEXT
  printf '%s' "$2" >".new.$1"
  mv ".new.$1" "$1"
}
make_token() { # FILE
  if [ -e "$1" ]; then return 0; fi
  text=$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n')
  [ ${#text} -eq 64 ] || fail 'there is no randomness to be had'
  put "$1" "$text"
}
# As a process reads the token: without the end of its line.
hash_of() { tr -d '\n' <"$1" | sha256sum | cut -d ' ' -f 1; }
entry() { printf '{"name":"%s","sha256":"%s","role":"%s","accounts":["*"]}' "$1" "$2" "$3"; }
make_list() { # FILE ENTRIES HASH...
  list=$1 entries=$2
  shift 2
  if ! [ -e "$list" ]; then put "$list" "{\"tokens\":[$entries]}"; fi
  for hash in "$@"; do
    grep -q "$hash" "$list" || fail "$list lacks the hash of a token that is here: add it, or remove the file, and run this again"
  done
}

make_token engine-control-token
make_token metrics-token
manager=$(hash_of engine-control-token)
prometheus=$(hash_of metrics-token)
reads=$(entry prometheus "$prometheus" viewer)
make_list control-tokens-engine "$(entry liquidity-manager "$manager" reserver),$reads" "$manager" "$prometheus"
make_list control-tokens "$reads" "$prometheus"
for process in engine history-writer liquidity-manager ops-sentinel topics; do
  if ! [ -e "kafka-config-$process" ]; then put "kafka-config-$process" '{}'; fi
done

for name in near-key relay-api-key database-url-owner database-url-writer; do
  if ! [ -s "$name" ]; then printf 'missing: %s/%s\n' "$1" "$name"; fi
done
