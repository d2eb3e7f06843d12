#!/usr/bin/env bash
# Installs what the tests and benchmarks need and this machine lacks: Debian packages, cargo-nextest, a Python venv with
# schemathesis (target/test-tools/venv), one with the reference implementation of Squirrel (target/test-tools/venv-squirrel),
# the npm clients of conformance/, and workerd in bench/workerd/.
# Made for Debian 12 and 13, as root or with sudo. Where everything is there already, it uses no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'install-test-tools: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        say "need root for: $*"
        say 'run this script as root once, or install sudo'
        exit 1
    fi
}

# Debian does not put the server's programs on PATH.
have_postgres() {
    local initdb
    for initdb in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$initdb" ] && return 0
    done
    have initdb
}

install_debian_packages() {
    local missing=()
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
    have cc || missing+=(build-essential)
    have curl || missing+=(curl)
    have git || missing+=(git)
    have jq || missing+=(jq)
    have make || missing+=(make)
    have_postgres || missing+=(postgresql)
    { have psql && have createdb; } || missing+=(postgresql-client)
    have node || missing+=(nodejs)
    have npm || missing+=(npm)
    have nginx || [ -x /usr/sbin/nginx ] || missing+=(nginx)
    [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || missing+=(libnginx-mod-nchan)
    have mosquitto || [ -x /usr/sbin/mosquitto ] || missing+=(mosquitto)
    { have mosquitto_pub && have mosquitto_sub; } || missing+=(mosquitto-clients)
    have openssl || missing+=(openssl)
    have python3 || missing+=(python3)
    { have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; } || missing+=(python3-venv)
    have wrk || missing+=(wrk)
    have lua5.4 || missing+=(lua5.4)
    have chromium || missing+=(chromium)
    [ "${#missing[@]}" -gt 0 ] || return 0

    say "installing Debian packages: ${missing[*]}"
    if ! have apt-get; then
        say 'no apt-get here: please install these by hand'
        exit 1
    fi
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

install_nextest() {
    if cargo nextest --version >/dev/null 2>&1; then return 0; fi
    say 'building cargo-nextest (some minutes, once)'
    cargo install --locked cargo-nextest
}

# Each of those below leaves the checksum of its list beside what it installed, and does nothing while that matches.
checksum() { sha256sum "$1" | cut -d ' ' -f 1; }

# A venv of the packages in a list, unless it is there and a module of them can be imported.
install_venv() {
    local venv=target/test-tools/$1 list=$2 module=$3
    local stamp=$venv/.installed-from
    if [ "$(cat "$stamp" 2>/dev/null)" = "$(checksum "$list")" ] && "$venv/bin/python" -c "import $module" 2>/dev/null; then
        return 0
    fi
    say "installing $list into $venv"
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --requirement "$list"
    "$venv/bin/python" -m pip check --disable-pip-version-check >&2
    checksum "$list" >"$stamp"
}

# The npm packages that a folder locks.
install_node_packages() {
    local lock=$1/package-lock.json stamp=$1/node_modules/.installed-from
    if [ "$(cat "$stamp" 2>/dev/null)" = "$(checksum "$lock")" ]; then return 0; fi
    say "installing the npm packages of $1/"
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
    checksum "$lock" >"$stamp"
}

install_debian_packages
install_nextest
install_venv venv conformance/requirements.txt schemathesis
install_venv venv-squirrel crates/squirrel/tests/requirements.txt squirrel
install_node_packages conformance
install_node_packages bench/workerd
