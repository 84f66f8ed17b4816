# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A wall clock that a test sets under programs that run, see t/faults/clock.c.
# Needs servers.sh, and work_start before.
clock=$(realpath "$BUILD")/t/faults/clock.so

# A path in LD_PRELOAD has no blanks, and $BUILD may.
clock_start() {
	install -m 644 "$clock" "$work/clock.so"
	printf '\0\0\0\0\0\0\0\0' >"$work/offset"
	chmod 644 "$work/offset"
}

# step SECONDS: how far the clock is ahead; written in one piece
step() {
	perl -e 'open my $f, "+<", $ARGV[0] or die;
		syswrite $f, pack "q<", $ARGV[1]' "$work/offset" "$1"
}

# with_clock NAME PROGRAM: a script NAME in the work directory that runs it on
# that clock
with_clock() {
	cat >"$work/$1" <<-END
	#!/bin/sh
	export LD_PRELOAD=$work/clock.so CLOCK_OFFSET=$work/offset
	export ASAN_OPTIONS="verify_asan_link_order=0:\$ASAN_OPTIONS"
	exec "$2" "\$@"
	END
	chmod +x "$work/$1"
}
