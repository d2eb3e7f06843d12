#!/usr/bin/env bash
# Runs every suite, the rest too where one fails, and ends with a line that counts them. Needs what
# scripts/install-test-tools.sh installs; `make test` runs it with a PostgreSQL (scripts/with-postgres.sh).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
summary=()
failed=0

# Runs a suite, and counts it with the function `count_<suite>`, which reads the suite's output.
suite() {
    local name=$1 code=0 counts
    shift
    printf '\n==> %s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee "$output/$name" || code=1
    counts=$("count_$name" <"$output/$name")
    if [ "$code" -ne 0 ]; then
        failed=1
        counts="FAILED${counts:+ ($counts)}"
    fi
    summary+=("$name ${counts:-passed}")
}

count_check() { :; }
count_nextest() { sed 's/\x1b\[[0-9;]*m//g' | sed -n 's/^ *Summary \[.*\] *\(.*\)$/\1/p' | tail -n 1; }
count_doctests() { awk '/^test result:/ { passed += $4; failed += $6 } END { print passed + 0 " passed, " failed + 0 " failed" }'; }
count_conformance() {
    sed 's/\x1b\[[0-9;]*m//g' | awk '
        { sub(/^[#ℹ] */, "") }
        $1 ~ /^(pass|fail|skipped)$/ && $2 ~ /^[0-9]+$/ { count[$1] += $2 }
        END { print count["pass"] + 0 " passed, " count["fail"] + 0 " failed, " count["skipped"] + 0 " skipped" }'
}
count_schemathesis() { :; }

suite check make --no-print-directory check
# Builds target/debug/impstead too, which the suites after it drive.
suite nextest cargo nextest run --workspace --locked
suite doctests cargo test --workspace --doc --locked --quiet
suite conformance npm --prefix conformance test
suite schemathesis scripts/schemathesis.sh

printf '\n'
joined=$(printf '%s; ' "${summary[@]}")
if [ "$failed" -ne 0 ]; then
    echo "make test FAILED: ${joined%; }"
else
    echo "make test passed: ${joined%; }"
fi
exit "$failed"
