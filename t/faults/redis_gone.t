#!/bin/bash
# SPDX-License-Identifier: ISC
# A Redis that is not there, dies, or is stopped in its tracks; and what the
# end of an outage costs.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
work_start
server=unix:$work/redis.sock

# there, for once, to know what this machine takes for the same load
redis_start
fault_weir control "$server" accept
fault_load control quiet -c 50 -m 2000 -f 1
redis_kill

# 1: not there at the start
for mode in local accept tempfail; do
	fault_weir "$mode" "$server" "$mode" || exit 1
	is "$(log_count "$mode" 'redis .*: down: ')" 1 \
		"fault 01: $mode: starts without Redis and says so once"
done
fault_load local out -c 10 -m 100 -s 1
is "$(verdicts out)" 5/0/95/0 "fault 01: local: the limit holds in the process"
fault_load accept out -c 10 -m 100 -s 1
is "$(verdicts out)" 100/0/0/0 "fault 01: accept: all pass"
fault_load tempfail out -c 10 -m 100 -s 1
is "$(verdicts out)" 0/100/0/0 "fault 01: tempfail: all are to come back"
fault_load accept out -c 50 -m 2000 -f 1
ok "fault 01: and nobody waits" at_once out quiet
redis_start
for mode in local accept tempfail; do
	ok "fault 01: $mode: found by itself when it is there" back "$mode"
done
for mode in accept tempfail; do
	ok "fault 01: $mode: from then on it counts in Redis" serves "$mode"
done

# 2: killed under load
log_forget accept
fault_load accept out -c 50 -t 2 -f 1 &
load=$!
sleep 0.7
redis_kill
wait "$load"
is "$(field out lost)" 0 "fault 02: killed under load: no message is lost"
is "$(field out accepted)" "$(field out messages)" \
	"fault 02: and on_failure decides for each"
ok "fault 02: none waits beyond the deadline" in_time out quiet
is "$(log_count accept 'redis .*: down: ')" 1 "fault 02: said once"
fault_load accept out -c 50 -m 2000 -f 1
ok "fault 02: after that nobody waits" at_once out quiet
redis_start
for mode in accept tempfail; do
	ok "fault 02: $mode: over by itself" back "$mode"
done

# 3: stopped, so that connections can be had and nothing comes back
before_threads=$(threads accept)
log_forget accept
redis_signal STOP
fault_load accept out -c 50 -m 2000 -f 1
is "$(verdicts out)" 2000/0/0/0 "fault 03: wedged: on_failure decides"
ok "fault 03: none waits beyond the deadline" in_time out quiet
fault_load accept out -c 50 -m 2000 -f 1
ok "fault 03: with the breaker open nobody waits" at_once out quiet
is "$(log_count accept 'redis .*: down: ')" 1 "fault 03: said once"
sleep 2
fault_load accept out -c 50 -m 2000 -f 1
ok "fault 03: nor while it is tried again and again" at_once out quiet
ok "fault 03: threads are as many as the load needs ($(threads accept))" \
	at_most "$(threads accept)" $((before_threads + 5))
ok "fault 03: few descriptors are open ($(fds accept))" \
	at_most "$(fds accept)" 80
redis_signal CONT
ok "fault 03: over by itself" back accept

# 4: late replies. What is hot has been refused so far and may now be told to
# come back, never that it passes; what is not may be told to come back, never
# that it is refused.
ok "fault 04: what is hot has had its five" wait_for 15 serves tempfail
for _ in 1 2 3; do
	fault_load tempfail hot -c 25 -t 1.2 -s 1 &
	hot=$!
	fault_load tempfail cold -c 25 -t 1.2 -f 1 &
	cold=$!
	for _ in 1 2; do
		sleep 0.2
		redis_signal STOP
		sleep 0.25
		redis_signal CONT
	done
	wait "$hot" "$cold"
	is "$(field hot accepted)" 0 \
		"fault 04: late replies: none of $(field hot messages) hot ones passes"
	is "$(field cold rejected)" 0 \
		"fault 04: none of $(field cold messages) others is refused"
	ok "fault 04: some were told to come back" \
		at_least "$(field hot tempfailed)" 1
	wait_for 10 serves tempfail
done

# 30: 200 sessions when it comes back
redis_kill
fault_load accept out -c 200 -t 6 -f 1 &
load=$!
sleep 3.5
log_forget accept
redis_start
ok "fault 30: 200 sessions: over by itself" back accept
sleep 1
# three milters, each with a link and a housekeeping; redis-cli and its probes
ok "fault 30: Redis sees a few connections ($(redis_connections))" \
	at_most "$(redis_connections)" 30
ok "fault 30: threads are as many as the sessions need ($(threads accept))" \
	at_most "$(threads accept)" 220
wait "$load"
is "$(field out lost)" 0 "fault 30: no message is lost"
is "$(log_count accept 'redis .*: back after')" 1 "fault 30: said once"

for mode in local accept tempfail control; do
	weir_stop "$mode"
	is $? 0 "fault 30: $mode stops in good order"
done
done_testing
