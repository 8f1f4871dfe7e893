#!/bin/sh
# Install the packages that are missing, or say how: ensure-packages.sh build|ci …
#
# Silent when nothing is missing. As root it installs; otherwise it prints the one line to run.
set -eu

here=$(dirname "$0")

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "This is no Debian system: install what scripts/packages.txt names by other means." >&2
    exit 0
fi

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

is_known() {
    apt-cache show "$1" >/dev/null 2>&1
}

# One package for a line's alternatives: an installed one, else the first that this Debian has.
choose() {
    for name in $(echo "$1" | tr '|' ' '); do
        if is_installed "$name"; then
            return
        fi
    done
    for name in $(echo "$1" | tr '|' ' '); do
        if is_known "$name"; then
            echo "$name"
            return
        fi
    done
    echo "$1" | sed 's/.*|//'
}

list_missing() {
    for purpose in "$@"; do
        sed -n "s/^$purpose  *//p" "$here/packages.txt" | while read -r alternatives; do
            choose "$alternatives"
        done
    done
}

missing=$(list_missing "$@" | tr '\n' ' ' | sed 's/ *$//')
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Some packages are missing. Run this, then try again:" >&2
    echo "    sudo apt-get install --no-install-recommends $missing" >&2
    exit 1
fi

echo "Installing: $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
# A fresh machine knows no package before the update: choose again.
missing=$(list_missing "$@" | tr '\n' ' ')
# shellcheck disable=SC2086 # a list of words
apt-get install -y -q --no-install-recommends $missing >/dev/null
