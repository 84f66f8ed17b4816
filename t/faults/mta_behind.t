#!/bin/bash
# SPDX-License-Identifier: ISC
# What a message costs that another milter refuses, behind weir or in front.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start

{
	weir_redis
	cat <<'EOT'
limits = (
  { name = "counted"; key = "sender"; max = 100; per = "1h";
    action = "tempfail"; }
);
EOT
} | weir_config a
weir_start a || exit 1
socket=unix:$work/run/a.sock

send() {
	tool smtp "$@" "$postfix_port"
}
# what SENDER was charged
charged() {
	local used
	used=$(redis --raw HGET "weir:{sender:$1}:counted:1h" used)
	echo "${used:-0}"
}

# The other milter is one more weir, which counts in keys of its own
# and takes one message.
{
	echo "redis = { server = \"unix:$work/redis.sock\"; prefix = \"other\"; };"
	echo 'cache = "0s";'
	cat <<'EOT'
limits = (
  { name = "at-end"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "end@" ]; }; action = "reject"; },
  { name = "at-rcpt"; key = "sender+recipient"; max = 1; per = "1h";
    match = { sender = [ "rcpt@" ]; }; action = "reject"; }
);
EOT
} | weir_config z
weir_start z || exit 1
postfix_start e "$socket, unix:$work/run/z.sock"
is "$(send -f end@x.test -t a@y.test -m 5 | cut -d' ' -f1,2 | tr '\n' ' ')" \
	"DATA-END 250 DATA-END 550 DATA-END 550 DATA-END 550 DATA-END 550 " \
	"fault 52: another milter refuses four of five at their end"
is "$(charged end@x.test)" 5 \
	"fault 52: behind weir: they have been charged before it was asked"
send -f rcpt@x.test -t a@y.test >/dev/null
is "$(send -f rcpt@x.test -t a@y.test,b@y.test | cut -d' ' -f1,2 |
	tr '\n' ' ')" "RCPT 550 DATA-END 250 " \
	"fault 52: or one of two recipients"
is "$(charged rcpt@x.test)" 2 "fault 52: the message counts as what it is"
like "$(send -f rcpt@x.test -t a@y.test)" '^RCPT 550' \
	"fault 52: refused altogether before its end"
is "$(charged rcpt@x.test)" 2 "fault 52: it costs nothing"
postfix_stop "$postfix_dir"
redis FLUSHALL >/dev/null
postfix_start f "unix:$work/run/z.sock, $socket"
send -f end@x.test -t a@y.test -m 5 >/dev/null
is "$(charged end@x.test)" 1 \
	"fault 52: in front of weir it costs nothing at all"
weir_stop a
is $? 0 "and it ends well"
done_testing
