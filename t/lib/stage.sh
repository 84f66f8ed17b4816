# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# How the demo and the story speak: titles, and promises that are kept or not.

failures=0
kept=0

bold='' red='' green='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi

title() {
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

give_up() {
	printf '%s%s: %s%s\n' "$red" "$(basename "$0")" "$*" "$plain" >&2
	exit 1
}

# promise WHAT GOT WANTED: is it as announced?
promise() {
	if [ "$2" = "$3" ]; then
		printf '  %syes%s  %s\n' "$green" "$plain" "$1"
		kept=$((kept + 1))
	else
		printf '  %sNO%s   %s: %s, not %s\n' "$red" "$plain" "$1" \
			"$2" "$3"
		failures=$((failures + 1))
	fi
}
