#!/bin/sh
# The libFuzzer targets, each for FUZZ_SECONDS (default 20): fuzz.sh BIN_DIRECTORY
set -eu

bin=$1
corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT

for target in "$bin"/fuzz_*; do
    name=$(basename "$target")
    mkdir -p "$corpus/$name"
    echo "$name: ${FUZZ_SECONDS:-20} s"
    "$target" -max_total_time="${FUZZ_SECONDS:-20}" -max_len=5000 -verbosity=0 \
        -artifact_prefix="$corpus/" -print_final_stats=1 "$corpus/$name"
done
