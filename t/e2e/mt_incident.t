#!/bin/bash
# SPDX-License-Identifier: ISC
# The incident that weir is for: one script floods one mailbox through a real
# Postfix while twenty others send as always, and the milter is killed in the
# middle of it. FLOOD=30000 is the size of the real one; by default it is
# smaller, to keep the tests short.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
FLOOD=${FLOOD:-1500}
work_start
redis_start
{
	weir_redis
	cat <<'EOF'
limits = (
  { name = "sender-hour"; key = "sender"; max = 100; per = "1h";
    action = "reject"; },
  { name = "all"; key = "all"; max = 1000000; per = "1h"; action = "monitor"; }
);
EOF
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock"

flood() {
	smtp-source -A -c -m "$1" -s 20 -f script@dev.test \
		-t mailbox@corp.test "127.0.0.1:$postfix_port" \
		>"$work/flood.out" 2>&1
}
others() {
	local i
	for i in $(seq 20); do
		tool smtp -f "user$i@corp.test" -t "friend$i@else.test" -m 5 \
			"$postfix_port" >"$work/other.$i" &
		echo $! >>"$work/others"
	done
	while read -r i; do
		wait "$i"
	done <"$work/others"
}

flood "$FLOOD" &
flood_job=$!
others
wait "$flood_job"
is $? 0 "the flood of $FLOOD has been sent"
is "$(cat "$work"/other.* | grep -c '^DATA-END 250 ')" 100 \
	"every message of the twenty others was taken"

weir_kill a
weir_start a
flood 500 &
flood_job=$!
sleep 0.3
weir_kill a
weir_start a
wait "$flood_job"
flood 200
postfix_settle
count() {
	postfix_log_count "$1"
}
is "$(count 'from=<script@dev.test>.*nrcpt')" 100 \
	"the flooder got its limit, to the message, across two kill -9"
is "$(count 'to=<mailbox@corp.test>.*status=sent')" 100 \
	"Postfix's log agrees"
is "$(redis HGET 'weir:{sender:script@dev.test}:sender-hour:1h' used)" 100 \
	"and so does the counter"
is "$(count 'to=<friend.*status=sent')" 100 "the others got all of theirs"
is "$(redis HGET 'weir:{all}:all:1h' used)" 200 \
	"and the whole is the sum of the parts"
ok "the flood was not a flood of log lines" \
	test "$(grep -c 'subject=sender:script@dev.test' "$work/a.log")" -lt 60
done_testing
