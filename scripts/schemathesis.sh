#!/usr/bin/env bash
# Tries the built server with requests that Schemathesis makes of its OpenAPI document, on data of its own, and fails on
# any answer that the document does not foresee. Takes one to three minutes.
#
#     scripts/schemathesis.sh [options for `schemathesis run`]
#
# Needs target/debug/impstead (cargo build -p impstead; another with IMPSTEAD=path) and scripts/install-test-tools.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

impstead=$(realpath "${IMPSTEAD:-target/debug/impstead}")
schemathesis=$PWD/target/test-tools/venv/bin/schemathesis
for program in "$impstead" "$schemathesis"; do
    [ -x "$program" ] || { echo "schemathesis.sh: $program is missing; see the head of this script" >&2; exit 1; }
done

scratch=$(mktemp -d)
server=
finish() {
    local status=$?
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    if [ "$status" -ne 0 ] && [ -s "$scratch/server.log" ]; then
        echo 'schemathesis.sh: the last errors of the server, if any:' >&2
        grep -E 'ERROR|WARN|panicked' "$scratch/server.log" | tail -n 20 >&2 || true
    fi
    rm -rf "$scratch"
    exit "$status"
}
trap finish EXIT

# Nothing of the caller's settings counts here.
unset "${!IMPSTEAD_@}"
export IMPSTEAD_DATA=$scratch/data
export IMPSTEAD_LISTEN=127.0.0.1:0
export IMPSTEAD_RATE_LIMIT_BUCKET=1000000
export IMPSTEAD_RATE_LIMIT_REFILL_PER_S=1000000
export IMPSTEAD_LOG_LEVEL=info,impstead::access=off

"$impstead" serve >"$scratch/server.log" 2>&1 &
server=$!
url=
for _ in $(seq 100); do
    url=$(sed -n 's/^listening on \(http[^ ]*\).*/\1/p' "$scratch/server.log")
    [ -z "$url" ] || break
    kill -0 "$server" 2>/dev/null || { cat "$scratch/server.log" >&2; exit 1; }
    sleep 0.1
done
[ -n "$url" ] || { echo 'schemathesis.sh: the server does not say where it listens' >&2; exit 1; }

export TESTED_URL=$url TESTED_PASSWORD='correct horse battery' # as in the document's examples
for name in grower gardener stranger; do
    echo "$TESTED_PASSWORD" | "$impstead" account create --username "$name" --email "$name@example.net" --password-stdin >/dev/null
done
"$impstead" device add --owner grower --count 4 >/dev/null

export SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$PWD/scripts/schemathesis PYTHONDONTWRITEBYTECODE=1
run() {
    (cd "$scratch" && "$schemathesis" run "$url/openapi.json" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method,allow_header_conformance \
        --seed 1 --generation-deterministic --generation-with-security-parameters false \
        --continue-on-failure --warnings off --no-color --request-timeout 30 "$@") | tee "$scratch/report"
    # Calls that all failed have tested little. scripts/schemathesis/hooks.py writes this line.
    ! grep -q '^Never succeeded' "$scratch/report"
}

# Failures to sign in slow the address that they come from, so those calls that invite them come last.
guesses=(auth.login auth.exchange totp.confirm)
# A log stream has no end, and Schemathesis waits for one. crates/server/tests and conformance/ read streams.
endless=(logstream.open)
run --max-examples 40 "${guesses[@]/#/--exclude-operation-id=}" "${endless[@]/#/--exclude-operation-id=}" "$@"
run --max-examples 40 --phases examples,coverage,fuzzing "${guesses[@]/#/--include-operation-id=}" "$@"
