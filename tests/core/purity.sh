#!/bin/sh
# The core calls nothing: the undefined symbols of its archive, less those it defines itself, are
# few and harmless. purity.sh ARCHIVE
set -eu

allowed='memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp snprintf vsnprintf
__snprintf_chk __vsnprintf_chk __memcpy_chk __memset_chk __stack_chk_fail
size_name cancel_reason_name cancel_reason_blames_compartment __popcountdi2 _GLOBAL_OFFSET_TABLE_'

symbols=$(nm "$1")
defined=$(echo "$symbols" | awk 'NF == 3 && $2 ~ /[TRDBVW]/ { print $3 }' | sort -u)
wanted=$(echo "$symbols" | awk '$1 == "U" { print $2 }' | sort -u)
[ -n "$wanted" ] || { echo "$1: nm names no symbols" >&2; exit 1; }

status=0
for symbol in $wanted; do
    if ! echo "$defined" | grep -qx "$symbol" && ! echo "$allowed" | tr ' ' '\n' | grep -qx "$symbol"
    then
        echo "the core must not call $symbol" >&2
        status=1
    fi
done
exit $status
