#!/usr/bin/env bash
# Write the corpora that fuzzing starts from: the golden bytes of docs/protocol.md, a file each.
# Run it after changing the page's examples.
set -euo pipefail

cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")"
rm -rf corpus
mkdir -p corpus/fuzz_request corpus/fuzz_value

# The first byte of a request's seed is the role that asks: see fuzz_request.c.
role() {
    case $1 in
    ping | deposit | cancel* | availability | expired | collect) echo 00 ;;
    pickup) echo 01 ;;
    *) echo 02 ;;
    esac
}

kind='' name='' bytes=''
while IFS= read -r line; do
    if [[ $line =~ ^'```golden '([a-z]+)' '([a-z_-]+)$ ]]; then
        kind=${BASH_REMATCH[1]} name=${BASH_REMATCH[2]} bytes=''
    elif [[ -n $kind && $line =~ ^[0-9a-f]{2}( [0-9a-f]{2})*$ ]]; then
        bytes+="\\x${line// /\\x}"
    elif [[ -n $kind && $line == '```' ]]; then
        if [[ $kind == request ]]; then
            printf '%b' "\\x$(role "$name")$bytes" >"corpus/fuzz_request/$name"
        else
            printf '%b' "$bytes" >"corpus/fuzz_value/$kind-$name"
        fi
        kind=''
    fi
done <../../docs/protocol.md
