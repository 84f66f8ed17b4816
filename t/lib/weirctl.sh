# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # what run leaves is for the tests
# weirctl as the tests call it, and what they look for in its answers. After
# servers.sh; the configuration of NAME is $work/NAME.conf.

ctl_conf=a

# ctl ARGUMENTS...: as people call it.
ctl() {
	"${weir_at[@]}" "$BUILD/weirctl" -c "$work/$ctl_conf.conf" "$@"
}

# ctl_begin NAME ARGUMENTS...: goes on beside the test, until ctl_end NAME or
# the end of the test; its words are in NAME and NAME.err.
ctl_begin() {
	local name=$1
	shift
	"$BUILD/weirctl" -c "$work/$ctl_conf.conf" "$@" \
		>"$work/$name" 2>"$work/$name.err" &
	echo $! >"$work/ctl-$name.pid"
}

# ctl_end NAME: as Ctrl-C would; leaves its exit code.
ctl_end() {
	local pid
	pid=$(<"$work/ctl-$1.pid")
	rm -f "$work/ctl-$1.pid"
	kill -INT "$pid"
	wait "$pid"
}

# run COMMAND...: leaves its words in out and err, its exit code in code, and
# how long it took in took_ms. It starts nothing else: tests call it by the
# hundred.
run() {
	local began=${EPOCHREALTIME/[.,]/}
	"$@" >"$work/run.out" 2>"$work/run.err" </dev/null
	code=$?
	took_ms=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
	words_of out "$work/run.out"
	words_of err "$work/run.err"
	# work_end() looks into the logs for what a sanitizer has found
	if [[ $out$err == *Sanitizer* || $out$err == *"runtime error"* ]]; then
		cat "$work"/run.{out,err} >>"$work/weirctl.log"
	fi
}

# words_of NAME FILE: what $(cat FILE) would give, without NUL bytes
words_of() {
	local -n words=$1
	local piece
	words=
	while IFS= read -rd '' piece; do
		words+=$piece
	done <"$2"
	words+=$piece
	while [[ $words == *$'\n' ]]; do
		words=${words%$'\n'}
	done
}

# json EXPRESSION: of what is on standard input, a Perl expression over $v;
# fails where that is no JSON.
json() {
	helper json "/proc/$BASHPID/fd/0" "$1"
}

# ask EXPRESSION ARGUMENTS...: json of weirctl --json ARGUMENTS
ask() {
	local expression=$1
	shift
	ctl --json "$@" >"$work/asked.$BASHPID"
	helper json "$work/asked.$BASHPID" "$expression"
}

# load NAME [options]: traffic through the milter protocol, its JSON
load() {
	local name=$1
	shift
	"$BUILD/t/bench/load" -j -S "unix:$work/run/$name.sock" "$@"
}

# field NAME: one number of the JSON on standard input
field() {
	local line
	while read -r line; do
		[[ ! $line =~ .*\"$1\":([0-9.]*) ]] ||
			echo "${BASH_REMATCH[1]}"
	done
}

# Is the answer of ask this? For wait_for.
ask_is() {
	local wanted=$1
	shift
	[ "$(ask "$@")" = "$wanted" ]
}

# fits FILE COLUMNS: no line of it is wider (UTF-8), but one that is nothing but
# a name that is too long for any: those are never cut.
fits() {
	perl -CSD -ne 'chomp; s/\r//g; s/\e\[[\d;]*m//g;
		if (length > '"$2"' && !/^\S+$/) { print "# $_\n"; $bad = 1 }
		END { exit($bad ? 1 : 0) }' "$1"
}
