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
	weir_redis 'on_failure = "tempfail"; timeout = "200ms";'
	cat <<'EOT'
cache = "0s";
limits = (
  { name = "pair"; key = "sender+recipient"; max = 1000000; per = "1h";
    action = "reject"; },
  { name = "all"; key = "all"; max = 199; per = "1h"; action = "reject"; }
);
EOT
} | weir_config a
weir_start a

# the load names the recipients of one message one after the other
load -c 20 -m 40 -p 2 -r 1000 -s 1 >"$work/large" &
large=$!
sleep 0.3
load -c 4 -m 149 -s 100 -f 100 >"$work/other"
wait "$large"
is "$(verdicts "$work/large")" 40/0/0/0 \
	"messages with 1,000 recipients, 20 at once: all pass"
is "$(verdicts "$work/other")" 149/0/0/0 \
	"beside them, 149 messages of others: none is refused"
is "$(grep -c 'down: ' "$work/a.log")" 0 "it was no outage"
is "$(redis HGET 'weir:{all}:all:1h' used)" 189 "all are counted, once"
is "$(redis HGET \
	'weir:{sender+recipient:sender0@bench.example+rcpt7@rcpt.example}:pair:1h' \
	used)" 40 "also in the window of one recipient among many"

# one place is left for ten messages: the others leave nothing behind
load -c 10 -m 20 -p 2 -r 1000 -s 1 -f 7 >"$work/over"
is "$(verdicts "$work/over")" 10/0/10/0 "ten of twenty fit, the others do not"
given_back() {
	[ "$(redis HGET 'weir:{sender+recipient:sender7@bench.example+rcpt7@rcpt.example}:pair:1h' used)" = 10 ]
}
ok "and leave no charge behind" wait_for 5 given_back
weir_stop a
is $? 0 "it stops in good order"
done_testing
