#!/bin/bash
# SPDX-License-Identifier: ISC
# A Redis that cannot write its journal, because the disk is full.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
command -v prlimit >/dev/null || skip_all "needs prlimit(1)"
trap '' XFSZ # a write that is too much fails, as on a full disk
work_start
redis_start --appendonly yes --appendfsync everysec --appenddirname aof
trap - XFSZ
fault_weir accept "unix:$work/redis.sock" accept || exit 1
fault_weir tempfail "unix:$work/redis.sock" tempfail || exit 1
fault_load accept quiet -c 20 -m 1000 -f 1
size=$(stat -c %s "$work"/aof/*.incr.aof)
prlimit --pid "$(<"$work/redis.pid")" --fsize="$size:unlimited"
# what fits nowhere is noticed by Redis at its next write to the journal
aof_failed() {
	fault_load accept out -c 2 -m 50 -f 1
	redis INFO persistence | grep -q 'aof_last_write_status:err'
}
ok "fault 14: the journal cannot be written" wait_for 10 aof_failed
fault_load accept out -c 20 -m 1000 -f 1
is "$(verdicts out)" 1000/0/0/0 "fault 14: on_failure decides"
ok "fault 14: none waits beyond the deadline" in_time out quiet
ok "fault 14: told" down accept
is "$(log_count accept 'redis .*: down: MISCONF')" 1 \
	"fault 14: once, and why"
fault_load tempfail out -m 10 -f 1
is "$(verdicts out)" 0/10/0/0 "fault 14: tempfail: all are to come back"
prlimit --pid "$(<"$work/redis.pid")" --fsize=unlimited:unlimited
ok "fault 14: accept: over by itself" wait_for 15 serves accept
ok "fault 14: tempfail: over by itself" wait_for 15 serves tempfail
for mode in accept tempfail; do
	weir_stop "$mode"
	is $? 0 "fault 14: $mode stops in good order"
done
done_testing
