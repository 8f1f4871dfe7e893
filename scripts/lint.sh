#!/usr/bin/env bash
# clang-tidy over what was compiled, cppcheck, and shellcheck. Needs a configured build directory.
#   scripts/lint.sh BUILD_DIR [JOBS]
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
build=$1
jobs=${2:-$(nproc)}

echo "shellcheck"
mapfile -t scripts < <(git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run)
shellcheck "${scripts[@]}"

echo "cppcheck"
cppcheck --project="$build/compile_commands.json" --enable=warning,portability \
    --suppressions-list=scripts/cppcheck-suppressions.txt --inline-suppr --error-exitcode=1 \
    --quiet -j "$jobs" --cppcheck-build-dir="$(mkdir -p "$build/cppcheck" && echo "$build/cppcheck")"

echo "clang-tidy"
git ls-files -z --cached --others --exclude-standard -- '*.c' ':!tests/fuzz' |
    xargs -0 -n 4 -P "$jobs" clang-tidy -p "$build" --quiet --warnings-as-errors='*' \
        2> >(grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header-filter' >&2)
