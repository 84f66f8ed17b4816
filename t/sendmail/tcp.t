#!/bin/bash
# SPDX-License-Identifier: ISC
# A real Sendmail over TCP and over a unix socket, side by side: over TCP each
# stage with macros costs it 44 ms, so after the first connection weir asks for
# none but those of connect and MAIL.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/sendmail.sh
. "$(dirname "$0")/../lib/tap.sh"
. "$(dirname "$0")/../lib/servers.sh"
. "$(dirname "$0")/../lib/sendmail.sh"
sendmail_is_possible || skip_all "$sendmail_why"
work_start
redis_start
smtp=$(dirname "$0")/../lib/smtp
messages=20
limits() {
	weir_redis
	echo 'limits = (
	  { name = "a"; key = "sender"; max = 1000000; per = "1h";
	    action = "tempfail"; },
	  { name = "b"; key = "recipient"; max = 1000000; per = "1h";
	    action = "tempfail"; },
	  { name = "login"; key = "auth"; max = 3; per = "1h";
	    action = "reject"; } );'
}
limits | weir_config unix
limits | weir_config tcp
port=$(free_port)
sed -i "s/^listen = .*/listen = \"inet:$port@127.0.0.1\";/" "$work/tcp.conf"
weir_start unix
"$BUILD/weir-milter" -c "$work/tcp.conf" >"$work/tcp.log" 2>&1 &
echo $! >"$work/tcp.pid"
ok "weir serves on a TCP port" wait_for 20 grep -q 'serves inet:' "$work/tcp.log"
sendmail_start unix "$(sendmail_filter "unix:$work/run/unix.sock")" \
	"define(\`confDELIVERY_MODE', \`queueonly')dnl" || exit 1
unix_port=$sendmail_port
sendmail_start tcp "$(sendmail_filter "inet:$port@127.0.0.1")" \
	"define(\`confDELIVERY_MODE', \`queueonly')dnl" || exit 1
like "$(sendmail_words milter/weir-milter.8; grep -A 8 '^If it must be TCP' \
	"$sendmail_source/milter/weir-milter.8")" 'S=inet:8891@127\.0\.0\.1' \
	"as weir-milter(8) has it"

# milliseconds NAME PORT COUNT: in took, for so many messages in one session
milliseconds() {
	local began=${EPOCHREALTIME/[.,]/}
	"$smtp" -m "$3" -f a@x.test -t b@y.test "$2" >>"$work/$1.out"
	took=$(((${EPOCHREALTIME/[.,]/} - began) / 1000))
}
milliseconds unix "$unix_port" 1
milliseconds tcp "$sendmail_port" 1
# What waits does so in each round; a busy machine spares one of them.
tcp_is_quick() {
	milliseconds unix "$unix_port" "$messages"
	unix_took=$took
	milliseconds tcp "$sendmail_port" "$messages"
	diag "$messages messages: unix $unix_took ms, TCP $took ms"
	[ "$took" -lt $((5 * unix_took)) ] &&
		[ $(((took - unix_took) / messages)) -lt 120 ]
}
rounds=0
until tcp_is_quick || [ "$rounds" -eq 10 ]; do
	rounds=$((rounds + 1))
done
ok "TCP takes less than five times as long, and 120 ms a message more" \
	test "$rounds" -lt 10
for way in unix tcp; do
	is "$(grep -c 'END 250' "$work/$way.out")" \
		$(((rounds + 1) * messages + 1)) "all pass over $way"
done

# what it is not asked for is not missed
"$smtp" -f u@x.test -t a@y.test,b@y.test -p jake:secret -m 4 \
	"$sendmail_login_port" >"$work/login"
is "$(grep -c 'END 250' "$work/login")" 3 "over TCP a login sends three messages"
like "$(tail -1 "$work/login")" '^DATA-END 550 .*auth:jake ' "and no more"
ok "with the queue id of Sendmail in the log" wait_for 5 grep -qE \
	"queue-id=$(grep -oE '[0-9A-Za-z]{14}: Milter: data, reject' \
		"$sendmail_dir/log" | cut -d: -f1) verdict=reject limit=login .*login=jake" \
	"$work/tcp.log"
is "$(redis HGET 'weir:{recipient:b@y.test}:b:1h' used)" \
	$((2 * ((rounds + 1) * messages + 1) + 3)) "recipients are counted"
weir_stop unix
weir_stop tcp
done_testing
