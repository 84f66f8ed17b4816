#!/bin/bash
# SPDX-License-Identifier: ISC
# Exactly max, whoever asks at once; and what it costs Redis. The load comes
# from the milter protocol, so that no MTA sets the pace.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
redis_start

# The deadline is no part of this test: a busy machine has all the time it needs.
limit() {
	weir_redis 'timeout = "5s";'
	cat
}
limit <<'EOF' | weir_config a
limits = ( { name = "exact"; key = "all"; max = 1000; per = "1h";
	action = "reject"; } );
EOF
sed 's/a\.sock/b.sock/' "$work/a.conf" >"$work/b.conf"
weir_start a
weir_start b

out=$(load a -c 64 -m 5000)
is "$(field accepted <<<"$out")" 1000 \
	"64 sessions at one milter: exactly max are accepted"
is "$(field rejected <<<"$out")" 4000 "and all others refused"
redis FLUSHALL >/dev/null
sleep 1.1 # the refusal cache forgets
load a -c 32 -m 3000 >"$work/a.json" &
load b -c 32 -m 3000 >"$work/b.json"
wait $!
is "$(($(field accepted <"$work/a.json") + $(field accepted <"$work/b.json")))" \
	1000 "64 sessions at two milters on one Redis: exactly max as well"
weir_stop a
weir_stop b

# round trips
limit <<'EOF' | weir_config c
limits = (
  { name = "one"; key = "sender"; max = 1000000; per = "1h"; action = "reject"; },
  { name = "two"; key = "sender_domain"; max = 1000000; per = "1d"; action = "reject"; },
  { name = "three"; key = "client"; unit = "recipients"; max = 1000000; per = "1m"; action = "reject"; },
  { name = "flood"; key = "all"; max = 2000; per = "1h"; action = "tempfail"; }
);
EOF
weir_start c
before=$(redis_calls evalsha)
out=$(load c -c 20 -m 2000)
is "$(field accepted <<<"$out")" 2000 "2,000 messages are accepted"
is "$(($(redis_calls evalsha) - before))" 2000 \
	"with one EVALSHA each, for four limits"
load c -c 1 -m 1 >/dev/null
before=$(redis_calls evalsha)
began=$(date +%s%3N)
out=$(load c -c 20 -m 500)
took=$(($(date +%s%3N) - began))
is "$(field tempfailed <<<"$out")" 500 "then 500 are refused"
asked=$(($(redis_calls evalsha) - before))
# a question or so (20 sessions at once) each time the second is over
ok "of which $asked asked Redis in $took ms" \
	test "$asked" -le $((20 * (took / 1000 + 1)))
weir_stop c

# attempts: what was refused without asking counts all the same
limit <<'EOF' | weir_config d
limits = ( { name = "tries"; key = "sender_domain"; count = "attempts";
	max = 10; per = "1h"; action = "reject"; } );
EOF
weir_start d
out=$(load d -c 10 -m 1000)
is "$(field accepted <<<"$out")" 10 "attempts: ten are accepted"
tries() {
	local sum=0 key
	for key in $(redis --raw KEYS '*:tries:1h'); do
		sum=$((sum + $(redis HGET "$key" used)))
	done
	[ "$sum" -eq "$1" ]
}
ok "and a second later all 1,000 have reached Redis" wait_for 5 tries 1000
weir_stop d
done_testing
