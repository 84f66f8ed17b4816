#!/bin/bash
# SPDX-License-Identifier: ISC
# What can happen on the wire between weir and Redis: replies that are late,
# slow, cut off, lost, or nonsense.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
work_start
redis_start
proxy_start || exit 1
fault_weir accept "127.0.0.1:$proxy_port" accept || exit 1
fault_weir tempfail "127.0.0.1:$proxy_port" tempfail || exit 1
fault_weir local "127.0.0.1:$proxy_port" local || exit 1
# Few log lines: from the sixth outage of a minute on they are only counted. Under
# a sanitizer a fault takes so long that five may be logged whole: down and back.
few=4
! grep -q "__[at]san_init" "$BUILD/weir-milter" || few=11
fault_load accept quiet -c 50 -m 2000 -f 1
ok "fault 05: through the proxy all is well" serves tempfail

# over NAME: the proxy lets all through again, and weir finds that out
over() {
	proxy pass && wait_for 15 serves "$1"
}

# fault ROW WORDS LINE: a load during which the proxy takes to a way, and one
# after that
fault() {
	local row=$1 words=$2
	shift 2
	alive accept || return
	log_forget accept
	fault_load accept out -c 50 -t 1.2 -f 1 &
	local load=$!
	sleep 0.4
	proxy "$*"
	wait "$load"
	is "$(verdicts out)" "$(field out messages)/0/0/0" \
		"fault $row: $words: on_failure decides, no message is lost"
	ok "fault $row: $words: none waits beyond the deadline" \
		in_time out quiet
	ok "fault $row: $words: weir lives" alive accept
	ok "fault $row: $words: few log lines" \
		at_most "$(log_count accept redis)" "$few"
	ok "fault $row: $words: over by itself" over accept
}

fault 05 "replies in single bytes" drip 200
fault 06 "nothing is read, no end is told" hole
proxy pass
log_forget accept
kill -STOP "$(<"$work/proxy.pid")"
fault_load accept out -c 50 -t 1 -f 1
kill -CONT "$(<"$work/proxy.pid")"
is "$(verdicts out)" "$(field out messages)/0/0/0" \
	"fault 06: a peer that has stopped: on_failure decides"
ok "fault 06: a peer that has stopped: none waits beyond the deadline" \
	in_time out quiet
ok "fault 06: over by itself" over accept
fault 07 "reset within a reply" reset
fault 07 "end within a reply" truncate
fault 07 "bytes that mean nothing" garbage
fault 07 "a reply that nobody asked for" extra '+OK\r\n'
fault 07 "an array that nobody asked for" extra '*2\r\n:1\r\n:1\r\n'

# 8: replies in good order that are not what was asked for
fault 08 "a text that does not end" hose
count=0
# shellcheck disable=SC2016 # these are replies
for answer in '+OK\r\n' ':1\r\n' '$-1\r\n' '*-1\r\n' '*0\r\n' '*1\r\n:1\r\n' \
	'*4\r\n:1\r\n$1\r\n7\r\n:0\r\n:0\r\n' '*4\r\n:1\r\n:0\r\n:0\r\n$-1\r\n' \
	'*4\r\n:1\r\n:99999999999999999999999\r\n:0\r\n:0\r\n' \
	'*4\r\n:-1\r\n:-9223372036854775808\r\n:-5\r\n:-5\r\n' \
	'*1000000000\r\n' '*2147483647\r\n' '*99999999999\r\n' '$-5\r\n' \
	'$536870912\r\nabc' '*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n' \
	'%1\r\n+a\r\n+b\r\n' '-\r\n' ; do
	count=$((count + 1))
	alive accept || continue
	# as little as what a callback may take has to end in a verdict
	proxy "answer $answer"
	fault_load accept out -c 20 -t 0.7 -f 1
	[ "$(field out lost)" = 0 ] && alive accept && in_time out quiet \
		>>"$work/eight" || echo "failed: $answer" >>"$work/eight"
	over accept >/dev/null || echo "not over: $answer" >>"$work/eight"
done
is "$(grep 'failed\|not over' "$work/eight")" "" \
	"fault 08: $count wrong replies: a verdict in time, and over by itself"
# a sanitizer keeps what was freed
if ! grep -q '__[at]san_init' "$BUILD/weir-milter"; then
	status=/proc/$(weir_pid accept)/status
	rss=$(awk '/VmHWM/ { print $2 }' "$status")
	peak=$(awk '/VmPeak/ { print $2 }' "$status")
	ok "fault 08: memory is bounded ($rss KiB at the most)" \
		at_most "$rss" 102400
	ok "fault 08: and so is the address space ($peak KiB)" \
		at_most "$peak" 4194304
fi

# 4: replies that come when their callers have gone
fault_load tempfail out -m 10 -s 1
fault_load tempfail hot -c 25 -t 3 -s 1 &
hot=$!
fault_load tempfail cold -c 25 -t 3 -f 1 &
cold=$!
for _ in 1 2 3 4; do
	sleep 0.3
	proxy "delay 190"
	sleep 0.2
	proxy "delay 260"
	sleep 0.2
	proxy pass
done
wait "$hot" "$cold"
is "$(field hot accepted)" 0 \
	"fault 04: replies too late: none of $(field hot messages) hot ones passes"
is "$(field cold rejected)" 0 \
	"fault 04: none of $(field cold messages) others is refused"
ok "fault 04: some were told to come back" at_least \
	"$(($(field hot tempfailed) + $(field cold tempfailed)))" 1
ok "fault 04: over by itself" over tempfail

# used NAME SENDER: what the windows of that sender hold
# shellcheck disable=SC2016 # it is Lua
used() {
	redis EVAL 'local sum = 0
		for _, key in ipairs(redis.call("KEYS", ARGV[1])) do
			sum = sum + tonumber(redis.call("HGET", key, "used"))
		end
		return sum' 0 "$1:{sender:sender$2@*}:cold:*"
}
holds() {
	[ "$(used "$1" "$2")" = "$3" ]
}
# counted_once WORDS MODE SENDER: what the load let in is what is counted
counted_once() {
	wait_for 15 serves "$2"
	ok "fault 04: $1, $2: $(field out accepted) of $(field out messages)\
 messages pass, and these are counted, once" \
		wait_for 15 holds "$2" "$3" "$(field out accepted)"
	holds "$2" "$3" "$(field out accepted)" ||
		diag "Redis counts $(used "$2" "$3")" "$(log_new "$2" | tail -n 8)"
}
for mode in local tempfail; do
	proxy "delay 260"
	fault_load "$mode" out -c 20 -m 40 -f 5003 -s 1
	proxy pass
	counted_once "replies too late" "$mode" 5003
	fault_load "$mode" out -c 50 -t 4 -f 5004 -s 1 &
	load=$!
	for pause in 0.3 0.3 1.5; do
		sleep 0.3
		kill -STOP "$(<"$work/redis.pid")"
		sleep "$pause"
		kill -CONT "$(<"$work/redis.pid")"
	done
	wait "$load"
	counted_once "Redis stops, and goes on" "$mode" 5004
done
# what two connections owe: the answers on the first come after the second, too,
# was left
let_in=0
for _ in 1 2; do
	proxy "delay 4000"
	fault_load local out -c 5 -m 10 -f 5005 -s 1
	proxy pass
	wait_for 15 serves local
	let_in=$((let_in + $(field out accepted)))
done
ok "fault 04: two connections are left, local: $let_in messages pass, and these are\
 counted, once" wait_for 15 holds local 5005 "$let_in"
# with "accept" they were let in, and the charge stays; the delays were those of
# all milters
wait_for 15 serves accept
proxy "delay 260"
fault_load accept out -c 20 -m 20 -f 5003 -s 1
proxy pass
wait_for 15 serves accept
count=$(used accept 5003)
ok "fault 04: replies too late, accept: $count of $(field out accepted) count" \
	test "$count" -ge 1 -a "$count" -le "$(field out accepted)"

# 31: the charge is made and its reply is lost
wait_for 15 serves tempfail
before=$(used tempfail 7)
proxy drop
fault_load tempfail out -c 2 -m 2 -f 7 -s 1
proxy pass
sent=$(field out messages)
wait_for 15 serves tempfail
charged=$(($(used tempfail 7) - ${before:-0}))
is "$sent" 2 "fault 31: two messages, whose charges are made and not answered"
is "$(field out tempfailed)" 2 "fault 31: both are told to come back"
is "$charged" 2 "fault 31: each is charged once, not sent again"

# 05: slow all the time, but within the deadline: after an outage, too, Redis
# counts, and not the process by itself
redis_timeout_ms=1000
fault_weir far "127.0.0.1:$proxy_port" local || exit 1
proxy "delay 120"
log_forget far
proxy hole
fault_load far out -c 20 -t 4 -f 1 -s 50 &
load=$!
ok "fault 05: a Redis far away goes" down far
wait "$load"
proxy "delay 120"
redis CLIENT KILL TYPE normal >/dev/null
ok "fault 05: it comes back" back far
home() {
	log_has far 'Redis is back: charges from the outage were added'
}
ok "fault 05: and is told what was charged" wait_for 15 home
calls=$(redis_calls evalsha)
fault_load far out -c 4 -m 20 -f 100 -s 20
is "$(verdicts out)" 20/0/0/0 "fault 05: then mail goes on"
ok "fault 05: and is counted there" \
	at_least "$(redis_calls evalsha)" $((calls + 20))
proxy pass
weir_stop far

for mode in accept tempfail local; do
	weir_stop "$mode"
	is $? 0 "fault 07: $mode stops in good order"
done
done_testing
