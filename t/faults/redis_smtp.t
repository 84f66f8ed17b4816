#!/bin/bash
# SPDX-License-Identifier: ISC
# What those who send mail notice of an outage, through a real Postfix.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
# shellcheck source=t/lib/postfix.sh
. "$faults/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
redis_timeout_ms=2000
fault_weir a "unix:$work/redis.sock" accept || exit 1
postfix_start a "unix:$work/run/a.sock"

# mail WHAT: 200 messages in five sessions; in took, how many milliseconds
mail() {
	local before
	before=$(date +%s%N)
	smtp-source -s 5 -m 200 -f "$1@example.com" -t b@example.com \
		"127.0.0.1:$postfix_port" >"$work/mail" 2>&1
	sent=$?
	took=$((($(date +%s%N) - before) / 1000000))
}
# If each message waited for its deadline, it would be 80 seconds more.
mail warm
mail quiet
quiet=$took
is "$sent" 0 "fault 02: 200 messages while all is well ($took ms)"

soon() {
	at_most "$took" $((3 * quiet + 20000))
}
(
	sleep 0.2
	redis_signal STOP
) &
mail wedged
wait $!
is "$sent" 0 "fault 03: stopped in the middle: all 200 are taken"
ok "fault 03: within the time of the few that wait ($took ms)" soon
mail away
is "$sent" 0 "fault 03: while it is stopped: all 200 are taken"
ok "fault 03: as quickly as ever ($took ms)" soon
# mail may be done before Redis has not answered for three deadlines
down a
redis_signal CONT
ok "fault 03: over by itself" back a
log_forget a
(
	sleep 0.1
	redis_signal KILL
) &
mail killed
wait $!
is "$sent" 0 "fault 02: killed in the middle: all 200 are taken"
ok "fault 02: as quickly as ever ($took ms)" soon
ok "fault 02: told" down a
postfix_settle
is "$(postfix_log_count ' status=sent .*thrown away')" 1000 \
	"fault 02: each of the 1000 messages is delivered once"
is "$(postfix_log_count 'warning: milter|milter-reject')" 0 \
	"fault 02: Postfix has nothing to say about its milter"
weir_stop a
is $? 0 "fault 02: it stops in good order"
done_testing
