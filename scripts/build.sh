#!/usr/bin/env bash
# Configure and build a preset, all of it or some targets; says little unless something is wrong.
#   scripts/build.sh PRESET [JOBS [TARGET…]]
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
preset=$1
jobs=${2:-$(nproc)}

if ! mkdir -p "build/$preset" 2>/dev/null || [[ ! -w build/$preset ]]; then
    echo "cannot write to $PWD/build/$preset: build in a copy of this directory that is yours" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
cmake --build --preset "$preset" -j "$jobs" ${3:+--target "${@:3}"}
