#!/bin/bash
# SPDX-License-Identifier: ISC
# A botnet: more senders and clients than anybody can keep. What is kept is
# bounded, with Redis and without.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/faults.sh"
work_start
redis_start

# f keeps the default, 100,000 subjects; g a thousand
for name in f g; do
	{
		weir_redis "prefix = \"$name\"; timeout = \"200ms\";"
		[ $name = f ] || echo 'memory_subjects = 1000;'
		cat <<'EOT'
limits = ( { name = "sender"; key = "sender"; max = 1000000; per = "1h";
	action = "reject"; } );
EOT
	} | weir_config $name
done
# flood NAME FROM WHAT: 50,000 senders with one message each
flood() {
	fault_load "$1" many -c 20 -m 50000 -p 1000 -f "$2" -s 50000 -C 50000
	is "$(verdicts many)" 50000/0/0/0 "fault 56: $3"
}
for name in f g; do
	weir_start $name || exit 1
	empty=$(memory $name)
	flood $name 0 "50,000 senders are served"
	some=$(memory $name)
	flood $name 50000 "50,000 more"
	all=$(memory $name)
	if [ $name = f ]; then
		ok "fault 56: Redis has them all" at_least "$(redis DBSIZE)" 100000
		is "$(redis --raw EVAL 'local n = 0
			for _, key in ipairs(redis.call("KEYS", "f:{sender*")) do
				if redis.call("PTTL", key) < 0 then n = n + 1 end
			end
			return n' 0)" 0 "fault 56: and every key ends by itself"
	fi
	redis_kill
	down $name
	flood $name 100000 "50,000 more, without Redis"
	without=$(memory $name)
	if [ $name = g ]; then
		flood g 150000 "and yet more"
		memory_at_most "$(memory g)" $((without + 1500)) \
			"fault 56: which take no more memory"
		# most is of threads, and a busy machine makes more of them run
		memory_at_most "$(memory g)" $((empty + 14000)) \
			"fault 56: 1,000 subjects are 14 MB at the most"
	fi
	diag "memory of $name in KB: $empty, with Redis $some, then $all;" \
		"without it $without, at the end $(memory $name)"
	weir_stop $name
	is $? 0 "and it ends well"
	[ $name = g ] || redis_start
done
done_testing
