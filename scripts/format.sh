#!/usr/bin/env bash
# The sources' shape, with the one version of clang-format whose taste is committed.
#   scripts/format.sh check|fix
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
tool=$(command -v clang-format-14 || command -v clang-format)
case "${1:-}" in
check) flags=(--dry-run -Werror) ;;
fix) flags=(-i) ;;
*)
    echo "usage: scripts/format.sh check|fix" >&2
    exit 2
    ;;
esac
git ls-files -z -- '*.c' '*.h' | xargs -0 "$tool" "${flags[@]}"
