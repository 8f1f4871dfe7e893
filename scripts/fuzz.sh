#!/usr/bin/env bash
# Run every libFuzzer target for FUZZ_SECONDS (default 20), from the corpus kept beside it.
#   scripts/fuzz.sh BIN_DIR
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
bin=$1
seconds=${FUZZ_SECONDS:-20}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
found=0
for target in "$bin"/fuzz_*; do
    [[ -x $target ]] || continue
    found=1
    name=$(basename "$target")
    mkdir -p "$work/$name"
    corpus=("$work/$name")
    [[ -d tests/fuzz/corpus/$name ]] && corpus+=("tests/fuzz/corpus/$name")
    echo "$name, $seconds s"
    if ! "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -dict=tests/fuzz/wire.dict \
        -artifact_prefix="$work/" "${corpus[@]}" >"$work/log" 2>&1; then
        tail -n 60 "$work/log" >&2
        for artifact in "$work"/crash-* "$work"/timeout-* "$work"/oom-* "$work"/leak-*; do
            [[ -f $artifact ]] && echo "the input, in base64: $(base64 -w 0 "$artifact")" >&2
        done
        exit 1
    fi
    grep -E '^stat::number_of_executed_units' "$work/log"
done
if [[ $found -eq 0 ]]; then
    echo "there is no fuzz_* program in $bin" >&2
    exit 1
fi
