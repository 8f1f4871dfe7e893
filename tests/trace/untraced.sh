#!/bin/sh
# A build that is not traced has nothing of it: no symbol of the marks, no word of the accounts.
# untraced.sh PROGRAM
set -eu

nm "$1" | grep -q session_begin || { echo "$1: nm names no symbols" >&2; exit 1; }
if nm "$1" | grep -E ' (stage_|__wrap_)' || grep -q 'stages\.csv' "$1"; then
    echo "$1 counts stages" >&2
    exit 1
fi
