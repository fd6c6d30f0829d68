#!/bin/sh
# Health check of the image: whether the process of this container turns its loop. Its address is in a file of STATE_DIR, or of unrip/
# inside, where the volume belongs to root.
set -eu
port=
for file in "$STATE_DIR"/*.json "$STATE_DIR"/unrip/*.json; do
  [ -f "$file" ] || continue
  # The file has nothing else, and no more than these bytes. Others there are long, and can have addresses of others.
  port=$(head -c 512 "$file" | sed -n 's/^{"pid":[0-9]*,"url":"http:[^"]*:\([0-9][0-9]*\)"}$/\1/p')
  [ -z "$port" ] || break
done
if [ -z "$port" ]; then
  echo 'no control API yet' >&2
  exit 1
fi
for bun in "$UNRIP_CACHE"/bun-*/bun; do :; done
exec "$bun" --no-env-file -e "
const answer = await fetch('http://127.0.0.1:$port/livez', { signal: AbortSignal.timeout(4000) }).catch(() => null);
process.exit(answer?.status === 200 ? 0 : 1);"
