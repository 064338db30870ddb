#!/bin/sh
# Drives live servers on a folder of their own by NEC's JavaScript SDK, by EventSource clients, and by a browser that logs
# in at an OpenID provider. Needs Node.js with npm, and make install done.
set -eu
cd "$(dirname -- "$0")/.."
folder=$(mktemp -d)
free_port() {
    .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(free_port)

mkdir -p .cache/clients
cp tests/clients/javascript/package.json tests/clients/javascript/*.mjs .cache/clients/
(cd .cache/clients && npm install --no-audit --no-fund --silent)

.venv/bin/yorozu serve --port "$port" --data "$folder/data" >"$folder/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
tries=0
until curl -sf --noproxy '*' "http://127.0.0.1:$port/1/_health" >/dev/null; do
    tries=$((tries + 1))
    if [ $tries -gt 1200 ] || ! kill -0 "$server" 2>/dev/null; then
        echo "clients: the server did not start" >&2
        cat "$folder/log" >&2
        exit 1
    fi
    sleep 0.2
done
YOROZU_DEMO=$(.venv/bin/yorozu --data "$folder/data" demo --json)
YOROZU=$PWD/.venv/bin/yorozu YOROZU_DATA=$folder/data
export YOROZU_DEMO YOROZU YOROZU_DATA
node --test .cache/clients/nec.test.mjs .cache/clients/files.test.mjs .cache/clients/openid.test.mjs

YOROZU_FOLDER=$folder YOROZU_PORT=$(free_port)
export YOROZU_FOLDER YOROZU_PORT
node --test .cache/clients/sse.test.mjs
