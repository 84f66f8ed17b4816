#!/bin/bash
# SPDX-License-Identifier: ISC
# A Redis that answers, and refuses: it cannot, may not, or does not want to.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
work_start
# DEBUG: a long LOADING
redis_start --enable-debug-command yes
server=unix:$work/redis.sock
fault_weir accept "$server" accept || exit 1
fault_weir tempfail "$server" tempfail || exit 1
fault_load accept quiet -c 50 -m 2000 -f 1

set_to() {
	redis CONFIG SET "$@" >/dev/null
}
over() {
	wait_for 15 serves "$1"
}
# to_come_back NAME: is everybody told so? Nobody passes, nobody is refused.
to_come_back() {
	fault_load "$1" away -m 5 -f 200 -s 5
	[ "$(verdicts away)" = 0/5/0/0 ]
}
# refused ROW WORDS REASON: while it lasts; out holds a load from its start on
refused() {
	local row=$1 words=$2 reason=$3 before after
	is "$(field out accepted)" "$(field out messages)" \
		"fault $row: $words: on_failure decides, no message is lost"
	ok "fault $row: $words: none waits beyond the deadline" in_time out quiet
	is "$(log_count accept 'redis .*: down: ')" 1 \
		"fault $row: $words: told once"
	ok "fault $row: $words: and with its reason" \
		log_has accept "redis .*: (down|not back yet): .*$reason"
	fault_load accept out -c 50 -m 2000 -f 1
	ok "fault $row: $words: then nobody asks" at_once out quiet
	ok "fault $row: $words: tempfail: all are told to come back" \
		to_come_back tempfail
}
# ended ROW WORDS
ended() {
	ok "fault $1: $2: accept: over by itself" over accept
	ok "fault $1: $2: tempfail: over by itself" over tempfail
	is "$(log_count accept 'redis .*: back after')" 1 \
		"fault $1: $2: its end is told once"
}

# 10: the script is forgotten, again and again, under load
log_forget tempfail
fault_load tempfail cold -c 25 -t 2 -f 1 &
cold=$!
fault_load tempfail hot -c 25 -t 2 -s 1 &
hot=$!
for _ in $(seq 30); do
	redis SCRIPT FLUSH >/dev/null
	sleep 0.05
done
wait "$cold" "$hot"
is "$(verdicts cold)" "$(field cold messages)/0/0/0" \
	"fault 10: script flushed 30 times: no message is without its answer"
is "$(($(field hot accepted) - 5))" 0 \
	"fault 10: and what is hot passes five times, no more"
is "$(log_new tempfail | grep -c redis)" 0 "fault 10: not a word about it"
redis SCRIPT FLUSH >/dev/null
before=$(redis_calls 'script|load')
fault_load tempfail out -c 1 -m 100 -f 1
ok "fault 10: a forgotten script is loaded once" \
	at_most "$(($(redis_calls 'script|load') - before))" 1

# 11: no memory
log_forget accept
set_to maxmemory-policy noeviction
redis DEBUG POPULATE 20000 filler 100 >/dev/null
set_to maxmemory 1mb
fault_load accept out -c 50 -m 2000 -f 1
refused 11 "memory is full" OOM
set_to maxmemory 0
ended 11 "memory is full"

# 13: the disk does not take the snapshot
log_forget accept
mkdir "$work/dump.rdb"
set_to dir "$work"
set_to dbfilename dump.rdb
set_to save "3600 1"
redis SET dirty 1 >/dev/null
redis BGSAVE >/dev/null
bgsave_failed() {
	redis INFO persistence | grep -q 'rdb_last_bgsave_status:err'
}
ok "fault 13: snapshots fail" wait_for 10 bgsave_failed
fault_load accept out -c 50 -m 2000 -f 1
refused 13 "snapshots fail" MISCONF
rmdir "$work/dump.rdb"
redis BGSAVE >/dev/null
ended 13 "snapshots fail"
set_to save ''

# 15: it has become a replica
log_forget accept
redis REPLICAOF 127.0.0.1 1 >/dev/null
fault_load accept out -c 50 -m 2000 -f 1
refused 15 "a replica" READONLY
redis REPLICAOF NO ONE >/dev/null
ended 15 "a replica"

# 20: it reads its snapshot for a long time
log_forget accept
set_to key-load-delay 2000
set_to loading-process-events-interval-bytes 1024
# not by the helper: it would answer nothing else meanwhile
redis-cli -s "$work/redis.sock" DEBUG RELOAD >/dev/null &
reload=$!
loading() {
	redis INFO persistence | grep -q '^loading:1'
}
wait_for 10 loading
before=$(redis_connections)
fault_load accept out -c 50 -t 2 -f 1
is "$(loading && echo loading)" loading "fault 20: it is still loading"
refused 20 loading '(LOADING|does not answer)'
after=$(redis_connections)
ok "fault 20: loading: not more than two attempts a second each" \
	at_most $((after - before)) 30
set_to key-load-delay 0
wait "$reload"
ended 20 loading

# 21: somebody else's script does not end
log_forget accept
set_to busy-reply-threshold 100
redis-cli -s "$work/redis.sock" EVAL 'while true do end' 0 >/dev/null 2>&1 &
eval=$!
sleep 0.5
fault_load accept out -c 50 -m 2000 -f 1
refused 21 "busy with another script" '(BUSY|does not answer)'
redis SCRIPT KILL >/dev/null
wait "$eval"
ended 21 "busy with another script"
set_to busy-reply-threshold 5000

# 22: no room for another client; another milter, because this one has been
# through five outages in a minute and says no more of the next
weir_stop accept
fault_weir accept "$server" accept || exit 1
log_forget accept
before_fds=$(fds accept)
mkfifo "$work/hold"
"$faults/hold" "$work/redis.sock" 5 <"$work/hold" >"$work/held" &
hold=$!
exec 9>"$work/hold"
wait_for 10 grep -q full "$work/held"
fault_load accept out -c 50 -t 2 -f 1
refused 22 "no room for clients" 'max number of clients'
ok "fault 22: no descriptor stays behind ($before_fds, $(fds accept))" \
	at_most "$(fds accept)" $((before_fds + 20))
exec 9>&-
wait "$hold"
tried=$(sed -n 's/^turned away //p' "$work/held")
ok "fault 22: few connections were tried ($tried)" at_most "$tried" 40
ended 22 "no room for clients"

# 27: a key of ours holds something else
log_forget tempfail
redis SET 'tempfail:{sender:sender50@bench.example}:cold:1h' 'not ours' \
	>/dev/null
fault_load tempfail out -m 20 -s 1 -f 50
is "$(verdicts out)" 0/20/0/0 "fault 27: a foreign key: on_failure decides"
fault_load tempfail out -m 20 -s 20 -f 51
is "$(verdicts out)" 20/0/0/0 "fault 27: all other subjects are counted"
is "$(log_count tempfail 'redis .*: down: ')" 0 "fault 27: it is no outage"
is "$(log_count tempfail 'WRONGTYPE')" 1 "fault 27: and told once"
is "$(redis GET 'tempfail:{sender:sender50@bench.example}:cold:1h')" \
	'not ours' "fault 27: the key is left alone"

for mode in accept tempfail; do
	weir_stop "$mode"
	is $? 0 "fault 11: $mode stops in good order"
done
done_testing
