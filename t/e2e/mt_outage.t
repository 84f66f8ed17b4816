#!/bin/bash
# SPDX-License-Identifier: ISC
# An outage loses no count: the process goes on from what it knew, and when
# Redis is back its windows hold every message that was taken, once.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
redis_start

# settled NAME: Redis counts again
settled() {
	grep -q 'charges from the outage were added' "$work/$1.log"
}
# Without an answer for three times its deadline it is an outage.
noticed() {
	wait_for 20 grep -q 'down: it does not answer' "$work/$1.log"
}
in_redis() {
	redis HGET "weir:$1" used
}
{
	weir_redis 'timeout = "1s";'
	cat <<'EOT'
limits = (
  { name = "all"; key = "all"; max = 1000; per = "1h"; action = "reject"; },
  { name = "each"; key = "sender"; max = 100000; per = "1h";
    action = "reject"; },
  { name = "soon"; key = "all"; max = 100000; per = "1m"; action = "monitor"; }
);
EOT
} | weir_config a
sed 's/a\.sock/b.sock/' "$work/a.conf" >"$work/b.conf"
weir_start a

# stopped, so that nothing in it is lost
is "$(load a -c 8 -m 400 -s 50 | field accepted)" 400 "400 are taken with Redis"
redis_signal STOP
out=$(load a -c 8 -m 900 -s 50)
is "$(field accepted <<<"$out")" 600 \
	"Redis stopped: the process goes on from its 400, 600 more are taken"
ok "the outage is noticed" noticed a
redis_signal CONT
ok "Redis comes back, and is told" wait_for 20 settled a
is "$(in_redis '{all}:all:1h')" 1000 \
	"it has each message once, also those it read too late"
sum() {
	local total=0 key
	for key in $(redis --raw KEYS 'weir:{sender:*:each:1h'); do
		total=$((total + $(redis HGET "$key" used)))
	done
	echo "$total"
}
is "$(sum)" 1000 "and so do the windows of the senders"
is "$(load a -c 8 -m 100 -s 50 | field accepted)" 0 "nobody has a fresh quota"

# two milters, each with what it knows
redis FLUSHALL >/dev/null
weir_stop a
: >"$work/a.log"
weir_start a
weir_start b
load a -c 4 -m 100 -s 10 >"$work/a.json" &
load b -c 4 -m 300 -s 10 >"$work/b.json"
wait $!
redis_signal STOP
load a -c 4 -m 50 -s 10 >"$work/a.json" &
load b -c 4 -m 60 -s 10 >"$work/b.json"
wait $!
ok "both notice it" eval 'noticed a && noticed b'
redis_signal CONT
ok "one comes back" wait_for 20 settled a
ok "and the other" wait_for 20 settled b
is "$(in_redis '{all}:all:1h')" 510 "two milters: their books are added up"

# killed: Redis begins with nothing, and each milter puts back its part
: >"$work/a.log"
: >"$work/b.log"
redis_kill
is "$(load a -c 4 -m 70 -s 10 | field accepted)" 70 "Redis killed: 70 are taken"
redis_start
all_is() {
	[ "$(in_redis '{all}:all:1h')" = "$1" ]
}
ok "it comes back empty, and soon knows of all 580" wait_for 20 all_is 580
like "$(<"$work/b.log")" "lost its data; restoring the counts" \
	"also from the milter that took nothing meanwhile"

# the same while nobody asks: the first who does is not counted twice
back_is_told() {
	grep -q 'redis .*: back after' "$work/a.log"
}
redis_is_known 2
: >"$work/a.log"
redis_kill
redis_start
ok "Redis is killed and comes back while nobody asks" wait_for 20 back_is_told
load a -c 4 -m 200 -s 10 >/dev/null
wait_for 20 all_is 780
redis_is_known 2
is "$(in_redis '{all}:all:1h')" 780 "the first who ask then are counted once"

# an old dump: what is in it is not put back a second time
soon_is() {
	[ "$(in_redis '{all}:soon:1m')" = "$1" ]
}
redis FLUSHALL >/dev/null
load a -c 4 -m 20 -s 10 >/dev/null
# what stands in the bucket of a word is divided in proportion
sleep 1.1
redis_is_known 2
redis SAVE >/dev/null
sleep 1.1
load a -c 4 -m 30 -s 10 >/dev/null
sleep 3 # of which there is none in the dump
: >"$work/a.log"
redis_kill
redis_start
ok "an old dump: what it lacks is put back" wait_for 20 soon_is 50
like "$(<"$work/a.log")" "lost the last [0-9]+ s of its data; restoring the counts" \
	"and how much that was is said"
redis_is_known 2
redis FLUSHALL >/dev/null
redis_is_known 2
redis_is_known 2
is "$(redis KEYS 'weir:{sender*' | grep -c .)" 0 \
	"emptied by hand, it stays empty: counters start from zero"
weir_stop a
weir_stop b

# what an administrator has emptied is empty in the books, too
weir_start a
load a -c 1 -m 3 -s 1 >/dev/null
: >"$work/a.log"
"$BUILD/weirctl" -c "$work/a.conf" reset sender:sender0@bench.example >/dev/null
redis_kill
rm -f "$work/dump.rdb"
load a -c 1 -m 2 -s 1 >/dev/null
redis_start
ok "a reset before an outage" wait_for 20 settled a
of_sender() {
	[ "$(in_redis '{sender:sender0@bench.example}:each:1h')" = "$1" ]
}
ok "holds in the books, too" of_sender 2
weir_stop a

# more senders than memory_subjects: bounded, and what did not fit is counted
{
	weir_redis 'prefix = "few"; timeout = "200ms";'
	cat <<'EOT'
memory_subjects = 1000;
limits = ( { name = "each"; key = "sender"; max = 100; per = "1h";
	action = "reject"; } );
EOT
} | weir_config c
weir_start c
redis_kill
load c -c 8 -m 3000 -s 3000 >/dev/null
redis_start
ok "it comes back with what fitted" wait_for 20 settled c
is "$(redis KEYS 'few:{sender:*' | grep -c .)" 1000 \
	"the last 1,000 of 3,000 senders are in Redis"
books() {
	"$BUILD/weirctl" -c "$work/c.conf" --json status |
		grep -q '"windows": 1000' &&
		"$BUILD/weirctl" -c "$work/c.conf" --json status |
		grep -q '"debts_lost": 2000'
}
ok "and status tells how much did not fit" wait_for 5 books
like "$("$BUILD/weirctl" -c "$work/c.conf" status)" \
	"2000 windows dropped, 2000 of them not yet in Redis" "also to people"
weir_stop c
# another Redis behind the same address, in no time and under load: the next
# connection is made while those who ask wait for it
{
	weir_redis 'prefix = "swift"; timeout = "1s";'
	cat <<'EOT'
limits = ( { name = "all"; key = "all"; max = 1000000000; per = "1h";
	action = "reject"; } );
EOT
} | weir_config d
weir_start d
redis_is_known 1
load d -c 10 -t 3 >"$work/d.json" &
load=$!
sleep 1
redis_replace
wait "$load"
taken=$(field messages <"$work/d.json")
all_is_taken() {
	[ "$(redis HGET 'swift:{all}:all:1h' used)" = "$taken" ]
}
ok "another Redis, an empty one: each message ($taken) is in it" \
	wait_for 20 all_is_taken
is "$(redis HGET 'swift:{all}:all:1h' used)" "$taken" "once"
like "$(<"$work/d.log")" "redis .*: another one than before" \
	"it was noticed before a message was counted in it"
weir_stop d
done_testing
