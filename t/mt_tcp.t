#!/bin/bash
# SPDX-License-Identifier: ISC
# Over TCP a stage that nobody answers costs 40 ms a message on Postfix. The
# same messages over a unix socket and over TCP, side by side: far less than
# that may lie between them.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/servers.sh"
. "$(dirname "$0")/lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
smtp=$(dirname "$0")/lib/smtp
messages=100
limits() {
	weir_redis
	echo 'limits = ( { name = "a"; key = "sender"; max = 1000000;
		per = "1h"; action = "tempfail"; } );'
}
limits | weir_config unix
limits | weir_config tcp
port=$(free_port)
sed -i "s/^listen = .*/listen = \"inet:$port@127.0.0.1\";/" "$work/tcp.conf"
weir_start unix
"$BUILD/weir-milter" -c "$work/tcp.conf" >"$work/tcp.log" 2>&1 &
echo $! >"$work/tcp.pid"
ok "it serves on a TCP port" wait_for 20 grep -q 'serves inet:' "$work/tcp.log"
like "$("$BUILD/weir-milter" -t -c "$work/tcp.conf")" 'over TCP an MTA waits' \
	"-t says what that costs"

# milliseconds MILTER: for the messages, in one session through Postfix
milliseconds() {
	local began
	postfix_start "$1" "$2"
	"$smtp" -f a@x.test -t b@y.test "$postfix_port" >"$work/out"
	began=$(date +%s%3N)
	"$smtp" -m "$messages" -f a@x.test -t b@y.test "$postfix_port" \
		>"$work/out"
	took=$(($(date +%s%3N) - began))
	is "$(grep -c 'END 250' "$work/out")" "$messages" "all pass over $1"
	postfix_settle
	postfix_stop "$postfix_dir"
}
milliseconds unix "unix:$work/run/unix.sock"
unix_took=$took
milliseconds tcp "inet:127.0.0.1:$port"
diag "$messages messages: unix $unix_took ms, TCP $took ms"
ok "TCP costs less than 20 ms a message more" \
	test $(((took - unix_took) / messages)) -lt 20
weir_stop unix
weir_stop tcp
done_testing
