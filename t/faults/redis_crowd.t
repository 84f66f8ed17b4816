#!/bin/bash
# SPDX-License-Identifier: ISC
# 500 busy sessions, and Redis stops in its tracks: threads and memory stay
# bounded, the books balance, and it is over soon after Redis goes on.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
# On a machine that is busy with other things an answer can miss 200 ms, and
# then it counts twice; here each message counts.
redis_timeout_ms=1000
work_start
ulimit -n 4096 2>/dev/null || ulimit -n "$(ulimit -Hn)"
server=unix:$work/redis.sock
redis_start

# what Redis holds of all senders
in_redis() {
	redis --raw KEYS 'crowd:{sender:*' |
		while read -r key; do redis HGET "$key" used; done |
		awk '{ sum += $1 } END { print sum + 0 }'
}
# the books are closed: nothing owed, Redis counts
settled() {
	log_has crowd 'charges from the outage were added'
}

fault_weir crowd "$server" local
fault_load crowd quiet -c 500 -m 20000 -s 200 -f 1
is "$(verdicts quiet)" 20000/0/0/0 "fault 30: 500 sessions: all pass"
before_threads=$(threads crowd)
before_kb=$(memory crowd)

log_forget crowd
fault_load crowd out -c 500 -t 9 -s 200 -f 1 &
load=$!
sleep 2
redis_signal STOP
sleep 4
during_threads=$(threads crowd)
during_kb=$(memory crowd)
redis_signal CONT
began=$(date +%s%3N)
ok "fault 03: over by itself" back crowd
ok "fault 03: and what was charged meanwhile is in Redis" \
	wait_for 15 settled
took=$(($(date +%s%3N) - began))
wait "$load"
sleep 1.5
diag "over $took ms after Redis went on; threads $before_threads, then" \
	"$during_threads; memory $before_kb KB, then $during_kb KB"
# two seconds are promised; a machine that is busy has some more
ok "fault 03: soon" at_most "$took" $((2000 + 20 * $(lateness out) / 1000 + 3000))
ok "fault 03: none waits beyond the deadline" in_time out quiet
is "$(field out lost)" 0 "fault 03: no message is lost"
ok "fault 03: threads stay bounded ($during_threads)" \
	at_most "$during_threads" $((500 + 30))
memory_at_most "$during_kb" $((before_kb + 100000)) \
	"fault 03: and so does memory ($during_kb KB)"
taken=$(($(field quiet accepted) + $(field out accepted)))
# once, but for what Redis had charged and not yet said when it was stopped: a
# message of each session at most
counted=$(in_redis)
diag "$((counted - taken)) messages are counted twice"
ok "fault 03: each of $taken messages is counted" at_least "$counted" "$taken"
ok "fault 03: once, but for those on their way" \
	at_most "$counted" $((taken + 500))
weir_stop crowd
is $? 0 "fault 03: stops in good order"
done_testing
