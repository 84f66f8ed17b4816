#!/bin/bash
# SPDX-License-Identifier: ISC
# A Redis that is there for a second and away for a second, again and again.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
work_start
redis_start
fault_weir accept "unix:$work/redis.sock" accept || exit 1
fault_load accept quiet -c 20 -m 2000 -f 1
rounds=10
fault_load accept out -c 20 -t $((2 * rounds + 2)) -f 1 &
load=$!
sleep 0.5
began=$SECONDS
for _ in $(seq $rounds); do
	redis_kill
	sleep 1
	redis_start
	sleep 1
done
wait "$load"
is "$(verdicts out)" "$(field out messages)/0/0/0" \
	"fault 33: $rounds outages: no message is lost"
ok "fault 33: none waits beyond the deadline" in_time out quiet
minutes=$(((SECONDS - began) / 60 + 1)) # one, but on a busy machine
singly=$(log_count accept 'redis .*: down: ')
ok "fault 33: five outages a minute are logged singly ($singly)" test \
	"$singly" -ge 5 -a "$singly" -le $((5 * minutes))
ok "fault 33: and once that there are more" test \
	"$(log_count accept 'connection is flapping')" -eq 1 -o "$minutes" -gt 1
ok "fault 33: no more lines than that ($(log_count accept redis))" \
	at_most "$(log_count accept redis)" 22
ok "fault 33: over by itself" wait_for 15 serves accept
ok "fault 33: threads ($(threads accept)) do not pile up" \
	at_most "$(threads accept)" 25
ok "fault 33: nor do descriptors ($(fds accept))" at_most "$(fds accept)" 40
weir_stop accept
is $? 0 "fault 33: it stops in good order"
done_testing
