#!/bin/sh
# clang-tidy and cppcheck over the product, shellcheck over the scripts: lint.sh BUILD_DIRECTORY
set -eu

build=$1
sources=$(git ls-files 'shared/*.c' 'station/*.c' 'clients/*.c' 'bench/*.c')

# shellcheck disable=SC2086 # lists of words
echo "$sources" | xargs -n 8 -P "$(nproc)" clang-tidy -p "$build" --quiet 2>/dev/null

# shellcheck disable=SC2086
cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
    --enable=warning,performance,portability --suppress=missingInclude \
    -I shared -I station/core $sources

git ls-files '*.sh' .ci/run | xargs shellcheck
