#!/usr/bin/env bash
# The scripts through shellcheck, and clang-tidy over what was compiled. Needs a configured build directory.
#   scripts/lint.sh BUILD_DIR [JOBS]
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
build=$1
jobs=${2:-$(nproc)}

echo "shellcheck"
mapfile -t scripts < <(git ls-files -- '*.sh' .ci/run)
shellcheck "${scripts[@]}"

echo "clang-tidy"
# Its count of the warnings in system headers is not worth a line.
sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" | sort -u |
    xargs -n 4 -P "$jobs" clang-tidy -p "$build" --quiet --warnings-as-errors='*' \
        2> >(grep -vE '^[0-9]+ warnings? (generated|treated)' >&2)
