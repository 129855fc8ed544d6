#!/bin/sh
# Makes the first token and prints its secret. A server that can be reached from elsewhere does not start
# without a token, so this starts one that only this container reaches, asks it, and ends it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tacho="$here/../../packages/server/bin/tacho.js"

TACHO_HOST=127.0.0.1 node "$tacho" serve >&2 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" || true' EXIT

until node "$here/healthy.mjs"; do
  kill -0 "$server" 2>/dev/null || { echo "first-token: the server did not start" >&2; exit 1; }
  sleep 1
done
node "$tacho" token create --server "http://127.0.0.1:${TACHO_PORT:-9090}" --name first --scope admin
