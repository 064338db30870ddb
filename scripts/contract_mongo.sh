#!/bin/sh
# Runs the documents contract over a real connection: starts an independent MongoDB-compatible server on a free
# loopback port, runs the pymongo engine's tests against it, stops it, and returns pytest's status.
# Needs java (17 or newer), javac and mvn. The first run fetches the server into .cache/; later runs start at once.
# Arguments go to pytest. `scripts/contract_mongo.sh --serve` only serves, and prints the address, until Ctrl-C.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
source="$root/tests/contracts/mongo_server"
built="$root/.cache/contract-mongo"
python=${PYTHON:-"$root/.venv/bin/python"}

build() {
    version=$({ cat "$source/pom.xml" "$source/ContractServer.java"; java -version 2>&1; } | cksum)
    [ "$(cat "$built/version" 2>/dev/null)" = "$version" ] && return
    echo "contract: fetching the MongoDB-compatible server (first run)" >&2
    rm -rf "$built"
    mkdir -p "$built/lib"
    mvn -q -B -f "$source/pom.xml" dependency:copy-dependencies -DoutputDirectory="$built/lib" >&2
    javac -cp "$built/lib/*" -d "$built" "$source/ContractServer.java"
    echo "$version" >"$built/version"
}

serve() {
    run=$(mktemp -d "$built/run.XXXXXX")
    mkfifo "$run/input"
    java -Xmx512m -XX:TieredStopAtLevel=1 -cp "$built/lib/*:$built" ContractServer \
        <"$run/input" >"$run/output" 2>"$run/errors" &
    server=$!
    # The open end of the pipe keeps the server alive; the kernel closes it when this script dies, however it dies.
    exec 9>"$run/input"
    trap stop EXIT
    trap 'exit 130' INT TERM HUP
    tries=0
    until uri=$(grep '^mongodb://' "$run/output"); do
        tries=$((tries + 1))
        if [ $tries -gt 2400 ] || ! kill -0 $server 2>/dev/null; then
            echo "contract: the server did not start" >&2
            cat "$run/errors" >&2
            exit 1
        fi
        sleep 0.1
    done
}

stop() {
    exec 9>&-
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$run"
}

build
serve
if [ "${1:-}" = --serve ]; then
    echo "$uri"
    wait "$server"
    exit 0
fi
status=0
cd "$root"
YOROZU_CONTRACT_MONGO_URI=$uri "$python" -m pytest tests/contracts/documents tests/engines/aws "$@" 9>&- || status=$?
exit $status
