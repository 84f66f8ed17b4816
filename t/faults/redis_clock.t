#!/bin/bash
# SPDX-License-Identifier: ISC
# Clocks that are set while mail comes: that of Redis, and that of the milter.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
# shellcheck source=t/lib/clock.sh
. "$faults/../lib/clock.sh"
[ -f "$clock" ] || skip_all "needs $clock: make faults"
work_start
clock_start

redis_seconds() {
	redis TIME | head -1
}

# 28: the clock of Redis
with_clock redis-server "$(command -v "$REDIS_SERVER")"
REDIS_SERVER=$work/redis-server redis_start
# No answer in time is an answer of its own here: a busy machine must not be
# taken for a clock that was set.
redis_timeout_ms=5000
fault_weir a "unix:$work/redis.sock" tempfail || exit 1
fault_load a quiet -c 50 -m 2000 -f 1
passed() {
	fault_load a out -m 10 -s 1
	verdicts out
}
is "$(passed)" 5/0/5/0 "fault 28: five an hour"
before=$(redis_seconds)
step +3700
ok "fault 28: the clock of Redis is set" \
	at_least "$(redis_seconds)" $((before + 3600))
is "$(passed)" 5/0/5/0 "fault 28: an hour ahead: the window is over, no more"
step +0
is "$(passed)" 5/0/5/0 \
	"fault 28: an hour back: what lies in the future does not count"
is "$(passed)" 0/0/10/0 "fault 28: and the window holds from then on"
step -3700
is "$(passed)" 5/0/5/0 "fault 28: another hour back: the same"
is "$(passed)" 0/0/10/0 "fault 28: and the window holds from then on"
step +0
fault_load a out -m 20 -f 300 -s 20
is "$(verdicts out)" 20/0/0/0 "fault 28: nobody else is refused"
fault_load a steps -c 50 -t 2.5 -f 1 &
load=$!
for seconds in 3700 7400 0 -3700 0; do
	sleep 0.3
	step $seconds
done
wait "$load"
is "$(verdicts steps)" "$(field steps messages)/0/0/0" \
	"fault 28: nor is anybody of 50 sessions told to come back"
is "$(log_count a 'redis .*: down')" 0 "fault 28: it is no outage"
weir_stop a

# 29: the clock of the milter's host
with_clock weir-milter "$(realpath "$BUILD/weir-milter")"
redis FLUSHALL >/dev/null
# What waits for a clock that was set back waits for an hour.
redis_timeout_ms=2000
plain=$BUILD
BUILD=$work
fault_weir b "unix:$work/redis.sock" accept || exit 1
BUILD=$plain
fault_load b quiet -c 50 -m 2000 -f 1
# lost OFFSET: libmilter closes connections that have waited longer than its
# patience of an hour, and a clock that is set ahead makes them so, once.
lost() {
	at_most "$(field out lost)" "$([ "$1" -lt 0 ] && echo 0 || echo 50)" &&
		[ $(($(field out accepted) + $(field out lost))) -eq \
			"$(field out messages)" ]
}
for offset in +3700 +0 -3700 +0; do
	fault_load b out -c 50 -t 0.6 -f 1 &
	load=$!
	sleep 0.3
	step "$offset"
	wait "$load"
	ok "fault 29: the milter's clock at $offset: mail goes on" \
		lost "$offset"
	ok "fault 29: $offset: no callback takes longer for it" \
		at_once out quiet
done
redis_signal STOP
fault_load b out -c 50 -t 0.6 -f 1 &
load=$!
sleep 0.05
step -3700
wait "$load"
redis_signal CONT
ok "fault 29: set back in an outage: none waits beyond the deadline" \
	in_time out quiet
ok "fault 29: over by itself" wait_for 15 serves b
weir_stop b
is $? 0 "fault 29: it stops in good order"
done_testing
