# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What the tests of t/faults share: traffic, what it is held to, and the
# proxy that makes a healthy Redis look ill. Source tap.sh and servers.sh
# first. A test names the row of the catalogue that it is about: "fault NN:".

redis_timeout_ms=200

# proxy_start: in front of the Redis of servers.sh; sets proxy_port.
proxy_start() {
	"$faults/proxy" "$work/redis.sock" "$work/proxy.control" \
		"$work/proxy.port" 2>"$work/proxy.log" &
	echo $! >"$work/proxy.pid"
	wait_for 10 test -s "$work/proxy.port" || return 1
	# shellcheck disable=SC2034 # it is for those who source this
	proxy_port=$(<"$work/proxy.port")
}

# proxy LINE: see t/faults/proxy
proxy() {
	"$faults/proxy" -c "$work/proxy.control" "$*"
}

# fault_weir NAME SERVER ON_FAILURE [more of redis = {...}]: a weir-milter with
# two limits that tell two kinds of sender apart: sender0 of the load is hot,
# five messages and no more; all others never come near their limit. Every
# message asks Redis.
fault_weir() {
	local name=$1 server=$2 on_failure=$3
	shift 3
	weir_config "$name" <<-END
	redis = { server = "$server"; timeout = "${redis_timeout_ms}ms";
	  on_failure = "$on_failure"; prefix = "$name"; $* };
	cache = "0s";
	limits = (
	  { name = "hot"; key = "sender"; max = 5; per = "1h";
	    match = { sender = [ "sender0@bench.example" ]; };
	    action = "reject"; },
	  { name = "cold"; key = "sender"; max = 1000000; per = "1h";
	    match = { not_sender = [ "sender0@bench.example" ]; };
	    action = "reject"; }
	);
	END
	rm -f "$work/$name.seen"
	weir_start "$name"
}

# A sleeper that notes when, and how much, it was woken too late: how busy the
# machine was with other things.
lateness_start() {
	# shellcheck disable=SC2016 # it is Perl
	perl -MTime::HiRes=time,sleep -e '
		$| = 1;
		while (1) {
			my $begun = time;
			sleep 0.005;
			my $late = time - $begun - 0.005;
			printf "%d %d\n", $begun * 1000, $late * 1e6
				if $late > 0.02;
		}' >"$work/lateness" &
	echo $! >"$work/lateness.pid"
}
# lateness OUT: the most since that load began, in microseconds
lateness() {
	awk -v from="$(<"$work/$1.began")" '$1 >= from && $2 > most {
		most = $2 } END { print most + 0 }' "$work/lateness"
}

# fault_load NAME OUT [options]: the figures of the load go to work/OUT.
fault_load() {
	local name=$1 out=$2
	shift 2
	[ -f "$work/lateness.pid" ] || lateness_start
	echo $((${EPOCHREALTIME/[.,]/} / 1000)) >"$work/$out.began"
	"$BUILD/t/bench/load" -j -S "unix:$work/run/$name.sock" "$@" \
		>"$work/$out"
}

# fields OUT NAME...: its numbers, a blank between; field: one of them
fields() {
	local json name numbers=()
	json=$(<"$work/$1")
	for name in "${@:2}"; do
		[[ ! $json =~ \"$name\":([0-9]+) ]] ||
			numbers+=("${BASH_REMATCH[1]}")
	done
	echo "${numbers[*]}"
}
field() {
	fields "$1" "$2"
}

# verdicts OUT: accepted/tempfailed/rejected/lost
verdicts() {
	local IFS=/
	fields "$1" accepted tempfailed rejected lost
}

# slowest OUT: the slowest callback, in microseconds
slowest() {
	local us most=0
	for us in $(fields "$1" {mail,rcpt,data,content,eom}_max_us); do
		[ "$us" -le "$most" ] || most=$us
	done
	echo "$most"
}

# in_time OUT CONTROL: no callback took longer than the deadline and 50 ms; on
# a machine that is busy with other things, than twice the deadline, what the
# same load took without the fault, 50 ms, and twice what a sleeper beside it
# was woken too late. Where a callback waits for ever if it waits too long, a
# longer deadline leaves room for a machine that is busier still.
in_time() {
	local us=$((redis_timeout_ms * 1000)) got least late
	got=$(slowest "$1")
	least=$(slowest "$2")
	late=$(lateness "$1")
	diag "slowest callback: $got us, without the fault: $least us," \
		"a sleeper beside it was $late us late"
	[ "$(field "$1" messages)" -gt 0 ] &&
		{ [ "$got" -le $((us + 50000)) ] ||
			[ "$got" -le $((least + 2 * us + 50000 + 2 * late)) ]; }
}

# at_once OUT CONTROL: nobody waited for the deadline, which is 50 ms longer than
# what is allowed for here.
at_once() {
	local us=$((redis_timeout_ms * 1000 - 50000)) got least late
	got=$(slowest "$1")
	least=$(slowest "$2")
	late=$(lateness "$1")
	diag "slowest callback: $got us, without the fault: $least us," \
		"a sleeper beside it was $late us late"
	[ "$(field "$1" messages)" -gt 0 ] &&
		{ [ "$got" -le "$us" ] || [ "$got" -le $((least + us + 2 * late)) ]; }
}

# log_new NAME: weir's log since log_forget NAME
log_new() {
	tail -n "+$(($(cat "$work/$1.seen" 2>/dev/null || echo 0) + 1))" \
		"$work/$1.log"
}
log_forget() {
	wc -l <"$work/$1.log" >"$work/$1.seen"
}
# log_count NAME REGEX, log_has NAME REGEX
log_count() {
	log_new "$1" | grep -cE -- "$2"
}
log_has() {
	[ "$(log_count "$1" "$2")" -gt 0 ]
}

# back NAME: weir has found its Redis again, since the log was forgotten
back() {
	wait_for 15 log_has "$1" 'redis .*: back after'
}
down() {
	wait_for 15 log_has "$1" 'redis .*: down: '
}

# serves NAME: Redis counts and nobody else: the hot sender is refused, all
# others pass, nobody is told to come back.
serves() {
	local hot cold
	fault_load "$1" serves.hot -m 10 -s 1 &&
		fault_load "$1" serves.cold -m 10 -f 100 -s 10 || return 1
	hot=$(field serves.hot rejected)
	cold=$(verdicts serves.cold)
	[ "$hot" -ge 5 ] && [ "$cold" = 10/0/0/0 ]
}

threads() {
	find "/proc/$(weir_pid "$1")/task" -maxdepth 1 -mindepth 1 2>/dev/null |
		wc -l
}
fds() {
	find "/proc/$(weir_pid "$1")/fd" -mindepth 1 2>/dev/null | wc -l
}
alive() {
	kill -0 "$(<"$work/$1.pid")" 2>/dev/null
}

# memory NAME: what it has in memory, in KB
memory() {
	awk '/^VmRSS:/ { print $2 }' "/proc/$(weir_pid "$1")/status"
}
# memory_at_most KB MOST DESCRIPTION: a test of its own; sanitizers keep what
# was freed, so with them it says nothing.
memory_at_most() {
	if grep -q '__[at]san_init' "$BUILD/weir-milter"; then
		skip "$3" "the sanitizer has its own memory"
	else
		ok "$3" at_most "$1" "$2"
	fi
}

# How many connections Redis has taken since it was started; each redis-cli
# is one of them.
redis_connections() {
	redis INFO stats | tr -d '\r' |
		sed -n 's/^total_connections_received://p'
}

# at_most NUMBER MOST, at_least NUMBER LEAST
at_most() {
	[ -n "$1" ] && [ "$1" -le "$2" ]
}
at_least() {
	[ -n "$1" ] && [ "$1" -ge "$2" ]
}
