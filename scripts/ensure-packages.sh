#!/usr/bin/env bash
# See to it that the packages of these groups (scripts/packages.txt) are installed. Silent when they
# are; root, or who may become root without a password, installs what is missing; anybody
# else is told the command.
#   scripts/ensure-packages.sh GROUP…
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

known() {
    [[ -n $(apt-cache madison "$1" 2>/dev/null) ]]
}

# The packages of the groups, alternatives still in one word.
wanted() {
    local group
    for group in "$@"; do
        sed -n "s/^$group //p" "$here/packages.txt"
    done
}

any_installed() {
    local name
    for name in "$@"; do
        if installed "$name"; then
            return 0
        fi
    done
    return 1
}

missing() {
    local words names
    for words in $(wanted "$@"); do
        IFS='|' read -ra names <<<"$words"
        any_installed "${names[@]}" || echo "$words"
    done
}

# The first of the alternatives that this release has; the first one when none is known.
choose() {
    local name names
    IFS='|' read -ra names <<<"$1"
    for name in "${names[@]}"; do
        if known "$name"; then
            echo "$name"
            return
        fi
    done
    echo "${names[0]}"
}

choose_all() {
    local words
    for words in "$@"; do
        choose "$words"
    done
}

if ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian system: install what scripts/packages.txt names yourself." >&2
    exit 0
fi

mapfile -t lacking < <(missing "$@")
if [[ ${#lacking[@]} -eq 0 ]]; then
    exit 0
fi

become=()
if [[ $(id -u) -ne 0 ]]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        become=(sudo -n)
    else
        mapfile -t packages < <(choose_all "${lacking[@]}")
        echo "Some packages are missing. Install them as root and start again:" >&2
        echo "    apt-get install --no-install-recommends ${packages[*]}" >&2
        exit 1
    fi
fi

echo "Installing what is missing: ${lacking[*]}" >&2
# A stale list is better than none: the packages may be in it.
"${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 ||
    echo "apt-get update failed; trying with the lists that are there" >&2
mapfile -t packages < <(choose_all "${lacking[@]}")
"${become[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2 </dev/null
