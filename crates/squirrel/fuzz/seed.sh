#!/usr/bin/env bash
# Makes the corpus that the fuzz targets of programs begin with: the golden programs. The other targets need none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for target in lexer compiler vm; do
    mkdir -p "corpus/$target"
    for program in ../tests/scripts/*/*.nut; do
        cp "$program" "corpus/$target/$(basename "$(dirname "$program")")-$(basename "$program")"
    done
done
