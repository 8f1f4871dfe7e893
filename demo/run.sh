#!/usr/bin/env bash
# The main job before your eyes: run.sh BIN_DIRECTORY
#
# Starts a durable station on a real wall of 76 doors in a temporary directory, and works it with
# the real programs. Every step is checked; the exit code is 0 only when all was as expected. Ends
# only what it started, and leaves nothing behind.
#
# The month that is replayed, month.csv, was made by
#   locker-bench trace --seed 1 --days 30 --compartments small=36,medium=28,large=12 --per-day 160
set -uo pipefail

bin=$(cd "${1:-build/release/bin}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
wall=$here/../examples/lobby-76.conf
speed_up=86400 # a day in a second, a month in half a minute
lobby=small=72,medium=56,large=24 # of the month: two such walls

work=$(mktemp -d)
export LOCKER_RUN=$work/run
station_pid=

bold='' dim='' good='' bad='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\e[1m' dim=$'\e[2m' good=$'\e[32m' bad=$'\e[31m' plain=$'\e[0m'
fi

finish() {
    if [ -n "$station_pid" ]; then
        kill "$station_pid" 2>/dev/null
        wait "$station_pid" 2>/dev/null
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'printf "\ninterrupted\n" >&2; exit 130' INT

chapter() {
    printf '\n%s%s%s\n' "$bold" "$1" "$plain"
}

failed() {
    printf '%snot as expected:%s %s\n' "$bad" "$plain" "$1" >&2
    [ -s "$work/log" ] && { echo 'the station said:' >&2; tail -n 20 "$work/log" >&2; }
    exit 1
}

# expect EXIT_CODE PATTERN PROGRAM ARGUMENT…: show the command and what it says; both must fit.
# The output is left in $said.
said=
expect() {
    local code=$1 pattern=$2 got=0
    shift 2
    printf '%s$ %s%s\n' "$dim" "$*" "$plain"
    said=$("$bin/$1" "${@:2}" 2>&1) || got=$?
    printf '%s\n' "$said" | sed 's/^/    /'
    [ "$got" -eq "$code" ] || failed "exit code $got, not $code"
    printf '%s\n' "$said" | grep -Eq -- "$pattern" || failed "nothing like \"$pattern\" in that"
}

# Like expect, without a word: for the many.
quietly() {
    said=$("$bin/$1" "${@:2}" 2>&1) || failed "$* said: $said"
}

# What people are shown: the code of a deposit, its compartment.
shown_code() {
    printf '%s\n' "$said" | sed -n 's/^Code *//p'
}

shown_compartment() {
    printf '%s\n' "$said" | sed -n 's/^Compartment *\([^ ]*\).*/\1/p'
}

field() {
    printf '%s\n' "$said" | sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

start_station() {
    mkfifo "$work/ready"
    "$bin/locker-station" --config "$wall" --run "$LOCKER_RUN" --data "$work/data" --ready-fd 3 "$@" \
        3>"$work/ready" 2>>"$work/log" &
    station_pid=$!
    read -r -t 20 _ <"$work/ready" || failed 'the station did not come up'
    rm "$work/ready"
}

# Lines of the station's log, from line $1 on, in which there is $2: at least one.
station_said() {
    local lines
    lines=$(tail -n "+$1" "$work/log" | grep -E -- "$2") || failed "the station's log does not say \"$2\""
    printf '%s\n' "$lines" | sed 's/^/    /'
}

stop_station() {
    kill "$station_pid"
    wait "$station_pid" || failed "the station ended with exit code $?"
    station_pid=
}

# The codes that were given out and not used, "CODE COMPARTMENT" a line: what must never be lost.
ledger_of_ours=$work/ours
: >"$ledger_of_ours"

deposit() {
    quietly locker-driver --json deposit "$1"
    echo "$(field code) $(field compartment)" >>"$ledger_of_ours"
}

# Every code of ours opens its own door.
open_all() {
    local code compartment count=0
    while read -r code compartment; do
        quietly locker-keypad --json pickup "$code"
        [ "$(field compartment)" = "$compartment" ] ||
            failed "code for $compartment opened $(field compartment)"
        count=$((count + 1))
    done <"$ledger_of_ours"
    : >"$ledger_of_ours"
    printf '    %s%d codes, %d doors, each its own%s\n' "$good" "$count" "$count" "$plain"
}

chapter 'A station with a wall of 76 doors, its ledger on disk'
start_station
expect 0 '76|40' locker-driver availability

chapter 'A driver deposits a parcel of each size'
for size in small medium; do
    expect 0 'Code +[0-9]{6}' locker-driver deposit "$size"
    echo "$(shown_code) $(shown_compartment)" >>"$ledger_of_ours"
done
expect 0 'Code +[0-9]{6}' locker-driver deposit large
code=$(shown_code)

chapter 'The customer types the code of the large one; then once more; then mistypes it'
expect 0 'is open' locker-keypad pickup "${code:0:3}-${code:3}"
expect 1 'code_used' locker-keypad pickup "$code"
expect 1 'invalid_code|code_used' locker-keypad pickup "$(printf '%06d' $(((10#$code + 1) % 1000000)))"

chapter 'A full size: ten large compartments and no more'
for _ in 1 2 3 4 5 6 7 8 9 10; do deposit large; done
expect 1 'no_space: No available compartment of size large' locker-driver deposit large

chapter 'kill -9 of the whole station, with parcels inside'
for _ in 1 2 3 4 5; do
    deposit small
    deposit medium
done
parcels=$(wc -l <"$ledger_of_ours")
new_lines=$(($(wc -l <"$work/log") + 1))
printf '%s$ kill -9 %d%s\n' "$dim" "$station_pid" "$plain"
{ kill -9 "$station_pid" && wait "$station_pid"; } 2>/dev/null # the shell would say it once more
printf '%s$ locker-station --config examples/lobby-76.conf &%s\n' "$dim" "$plain"
start_station
station_said "$new_lines" 'took over the segment'
station_said "$new_lines" "serves: .* $parcels with a parcel"
expect 0 'deposited' locker-operator history --limit 3

chapter 'kill -9 of the keypad'\''s desk while customers come; then every code opens its door'
desk=$(pgrep -P "$station_pid" -f 'keypad desk')
[ -n "$desk" ] || failed 'there is no keypad desk'
new_lines=$(($(wc -l <"$work/log") + 1))
printf '%s$ kill -9 %d%s\n' "$dim" "$desk" "$plain"
kill -9 "$desk"
open_all
station_said "$new_lines" 'keypad desk.*killed by signal 9|keypad desk serves again'
expect 0 '^small' locker-driver availability
[ "$(printf '%s\n' "$said" | awk 'NR > 1 && $2 == $3' | wc -l)" -eq 3 ] || failed 'a door is still taken'

chapter 'An expired code: the station is restarted with codes that live two seconds'
stop_station
start_station --ttl 2s
expect 0 'Code +[0-9]{6}' locker-driver deposit small
code=$(shown_code)
sleep 2.2
expect 1 'code_expired' locker-keypad pickup "$code"
expect 0 'expired' locker-operator history --limit 1
stop_station

chapter "A month of a busy lobby with 152 doors, $(($(wc -l <"$here/month.csv") - 1)) parcels, replayed with real clients"
printf '%s$ locker-bench replay demo/month.csv --compartments %s --speed-up %d%s\n' "$dim" "$lobby" "$speed_up" "$plain"
"$bin/locker-bench" replay "$here/month.csv" --compartments "$lobby" --speed-up "$speed_up" \
    --scratch "$work" || failed 'the replayed month does not come to what was counted'

printf '\n%sAll as expected.%s\n' "$good" "$plain"
