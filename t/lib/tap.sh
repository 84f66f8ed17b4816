# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The Test Anything Protocol for shell tests: each says what it found out,
# prove(1) adds it up. Source it first; end with `done_testing`.

tap_count=0
tap_failed=0

# ok DESCRIPTION COMMAND...: passes when the command succeeds.
ok() {
	local what=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $what"
	else
		echo "not ok $tap_count - $what"
		echo "#   failed: $*"
		tap_failed=$((tap_failed + 1))
	fi
}

# is GOT WANTED DESCRIPTION: passes when both are the same text.
is() {
	tap_count=$((tap_count + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $tap_count - $3"
	else
		echo "not ok $tap_count - $3"
		printf '#   got:    %s\n#   wanted: %s\n' "$1" "$2" |
			sed '2,$s/^\([^#]\)/# \1/'
		tap_failed=$((tap_failed + 1))
	fi
}

# like GOT REGEX DESCRIPTION (POSIX extended).
like() {
	tap_count=$((tap_count + 1))
	if [[ $1 =~ $2 ]]; then
		echo "ok $tap_count - $3"
	else
		echo "not ok $tap_count - $3"
		printf '#   got:          %s\n#   wanted like:  %s\n' "$1" "$2"
		tap_failed=$((tap_failed + 1))
	fi
}

diag() {
	local text="$*"
	printf '# %s\n' "${text//$'\n'/$'\n# '}"
}

# skip DESCRIPTION REASON: a test that this machine cannot run.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# skip_all REASON: this machine cannot run the test.
skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}
