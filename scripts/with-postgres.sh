#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL:   scripts/with-postgres.sh cargo nextest run
# The command finds it through IMPSTEAD_TEST_POSTGRES. If that variable is set already, the command just runs.
# fsync stays on, so that what is measured or crashed here behaves as in earnest.
set -euo pipefail

if [ $# -eq 0 ]; then
    echo "usage: $0 COMMAND [ARGUMENT...]" >&2
    exit 2
fi
if [ -n "${IMPSTEAD_TEST_POSTGRES:-}" ]; then
    exec "$@"
fi

# The newest server that is installed. Debian keeps its programs off PATH.
find_server() {
    local directory
    for directory in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t / -k 5 -n -r) "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
        if [ -x "$directory/initdb" ] && [ -x "$directory/pg_ctl" ]; then
            echo "$directory"
            return
        fi
    done
    echo 'with-postgres: no PostgreSQL server found; run scripts/install-test-tools.sh' >&2
    return 1
}

# The server refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        local quoted
        quoted=$(printf '%q ' "$@")
        su postgres -s /bin/bash -c "cd / && $quoted"
    else
        "$@"
    fi
}

server=$(find_server)
version=$("$server/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
if [ "$version" -lt 15 ]; then
    echo "with-postgres: PostgreSQL $version is too old, 15 is the oldest that we support" >&2
    exit 1
fi

# Short, because the path of a unix socket may have 107 bytes at most.
directory=$(mktemp -d /tmp/impstead-pg.XXXXXX)
clean_up() {
    as_postgres "$server/pg_ctl" --pgdata="$directory/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
    rm -rf "$directory"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ "$(id -u)" -eq 0 ]; then chown postgres: "$directory"; fi

# A linguistic collation, as real installations have, so that a query that relies on the byte order of text fails here.
as_postgres "$server/initdb" --pgdata="$directory/data" --username=postgres --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --locale-provider=icu --icu-locale=en-US >"$directory/initdb.log" 2>&1 || {
    cat "$directory/initdb.log" >&2
    exit 1
}

# A port below the range for outgoing connections; another one if somebody else has it.
port=
for _ in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if as_postgres "$server/pg_ctl" --pgdata="$directory/data" --log="$directory/server.log" --wait --timeout=60 --silent \
        --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$directory -c max_connections=300" \
        start >/dev/null 2>&1; then
        break
    fi
    port=
done
if [ -z "$port" ]; then
    echo 'with-postgres: PostgreSQL does not start:' >&2
    cat "$directory/server.log" >&2
    exit 1
fi

export IMPSTEAD_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
code=0
"$@" || code=$?
exit "$code"
