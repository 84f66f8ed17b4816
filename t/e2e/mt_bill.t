#!/bin/bash
# SPDX-License-Identifier: ISC
# Messages with a thousand recipients, each with a window of its own: all of
# them are charged or none, and other mail does not wait for them.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
redis_start

load() {
	"$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" "$@"
}
verdicts() {
	echo "$(field accepted <"$1")/$(field tempfailed <"$1")/$(
		field rejected <"$1")/$(field lost <"$1")"
}
{
	weir_redis 'on_failure = "tempfail";'
	cat <<'EOT'
cache = "0s";
limits = (
  { name = "pair"; key = "sender+recipient"; max = 1000000; per = "1h";
    action = "reject"; match = { not_sender = [ "sender300@bench.example" ]; }; },
  { name = "all"; key = "all"; max = 180; per = "1h"; action = "reject";
    match = { not_sender = [ "sender300@bench.example" ]; }; },
  { name = "end"; key = "sender+recipient"; max = 1000000; per = "1h";
    action = "quarantine"; match = { sender = [ "sender300@bench.example" ]; }; }
);
EOT
} | weir_config a
weir_start a

# the load names the recipients of one message one after the other
load -c 20 -m 20 -p 1 -r 1000 -s 1 >"$work/large" &
large=$!
sleep 0.3
load -c 4 -m 149 -s 100 -f 100 >"$work/other"
wait "$large"
is "$(verdicts "$work/large")" 20/0/0/0 \
	"messages with 1,000 recipients, 20 at once: all pass"
is "$(verdicts "$work/other")" 149/0/0/0 \
	"beside them, 149 messages of others: none is refused"
is "$(grep -c 'down: ' "$work/a.log")" 0 "it was no outage"
is "$(redis HGET 'weir:{all}:all:1h' used)" 169 "all are counted, once"
is "$(redis HGET \
	'weir:{sender+recipient:sender0@bench.example+rcpt7@rcpt.example}:pair:1h' \
	used)" 20 "also in the window of one recipient among many"

# Twenty such messages that ask at their end only, while Redis is stopped, and then
# one of another: it is answered behind no more of their questions than may be on
# their way at once.
redis-cli -s "$work/redis.sock" MONITOR >"$work/monitor" &
echo $! >"$work/monitor.pid"
wait_for 20 test -s "$work/monitor"
redis_signal STOP
load -c 20 -m 20 -p 1 -r 1000 -s 1 -f 300 >"$work/large" &
large=$!
sleep 1
load -m 1 -s 1 -f 400 >"$work/other" &
other=$!
sleep 1
redis_signal CONT
wait "$large" "$other"
is "$(verdicts "$work/large") $(verdicts "$work/other")" "20/0/0/0 1/0/0/0" \
	"after two seconds without Redis all pass"
questions() {
	sed -n 's/.*"EVALSHA".*{sender+recipient:sender\([34]00\)@.*/\1/p' "$work/monitor"
}
are_asked() {
	[ "$(questions | grep -c 300)" -eq "$1" ]
}
ok "the twenty ask about a hundred windows at once, ten times each" \
	wait_for 10 are_asked 200
stop_pid_file "$work/monitor.pid"
before=$(questions | sed /400/q | grep -c 300)
ok "the other one waited for four pieces of the large at the most ($before)" \
	test "$before" -le 4

# ten places are left for twenty messages: the others leave nothing behind
load -c 10 -m 20 -p 2 -r 1000 -s 1 -f 7 >"$work/over"
is "$(verdicts "$work/over")" 10/0/10/0 "ten of twenty fit, the others do not"
given_back() {
	[ "$(redis HGET 'weir:{sender+recipient:sender7@bench.example+rcpt7@rcpt.example}:pair:1h' used)" = 10 ]
}
ok "and leave no charge behind" wait_for 5 given_back
weir_stop a
is $? 0 "it stops in good order"
done_testing
