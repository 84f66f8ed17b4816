#!/bin/bash
# SPDX-License-Identifier: ISC
# Anybody can write anybody's address into MAIL FROM. With the configuration
# that is shipped a stranger shuts out nobody but himself by it, the null
# sender is no sender, and weir-milter -t tells who leaves that door open.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start

# What the shipped file says, but for where it listens and its Redis.
sed -E '/^(listen|listen_group|user|redis) *=/d' etc/weir.conf >"$work/rest"
{
	weir_redis
	cat "$work/rest"
} | weir_config a
# names FILE: of its limits
names() {
	"$BUILD/weir-milter" -t -c "$1" |
		sed -n '/redis:/d; s/^  \([a-z-]*\): .*/\1/p' | tr '\n' ' '
}
is "$(names "$work/a.conf")" "$(names etc/weir.conf)" \
	"fault 57: the limits are those of etc/weir.conf"
ok "fault 57: and there are some" test -n "$(names etc/weir.conf)"
weir_start a || exit 1
postfix_start a "unix:$work/run/a.sock" || exit 1

# send FROM TO COUNT [options]: how many of COUNT messages were taken
send() {
	local from=$1 to=$2 count=$3
	shift 3
	tool smtp "$@" -f "$from" -t "$to" -m "$count" "$postfix_port" |
		grep -c '^DATA-END 250 '
}
used() {
	redis --raw HGET "weir:{$1}:$2" used
}
stranger=203.0.113.66
jake=jake@ours.test

is "$(send $jake victim@x.test 120 -x $stranger)" 100 \
	"fault 57: a stranger writes jake's address: after 100 he is refused"
is "$(used "sender+client:$jake+$stranger" stranger-sender:1m)" 100 \
	"fault 57: it is counted by his machine and that address together"
is "$(redis --raw KEYS "weir:{sender:*")$(redis --raw KEYS 'weir:{auth:*')" '' \
	"fault 57: and in no window of jake's own"
is "$(send $jake victim@x.test 50 -x 10.1.2.3)" 50 \
	"fault 57: jake goes on in the own network"
is "$(send $jake victim@x.test 50 -x 198.51.100.9 -a jake)" 50 \
	"fault 57: and from afar with his login"
is "$(send $jake victim@x.test 1 -x 198.51.100.9)" 1 \
	"fault 57: and from another machine without one"
is "$(send other@ours.test victim@x.test 3 -x $stranger)" 3 \
	"fault 57: who else sends from there has his own window"
is "$(send kim@ours.test victim@x.test 300 -x $stranger)" 100 \
	"fault 57: each forged address is bounded"
total=0
for i in 1 2 3; do
	total=$((total + $(send "forged$i@ours.test" v@x.test 60 -x $stranger)))
done
is "$total" $((300 - 203)) "fault 57: and so is the machine, with all of them"
is "$(send $jake victim@x.test 10 -x 10.1.2.3)" 10 \
	"fault 57: jake still goes on"

# the null sender
redis FLUSHALL >/dev/null
sleep 1.1 # the cache of refusals forgets
tool smtp -x $stranger -f '' -t v@x.test -m 301 "$postfix_port" >"$work/out"
is "$(grep -c 'END 250' "$work/out")" 300 \
	"fault 37: a stranger's bounces are counted by his machine"
like "$(tail -1 "$work/out")" ' 45[01] ' \
	"fault 37: and told to come again, not refused for good"
is "$(redis --raw KEYS 'weir:{sender*')" '' \
	"fault 37: the null sender is no sender"
is "$(grep -cE '"(reject|discard)"' etc/weir.conf)" 0 \
	"fault 37: etc/weir.conf refuses no mail for good"

# who leaves the door open is told
check() {
	echo 'limits = (' "$1" ');' | weir_config c
	"$BUILD/weir-milter" -t -c "$work/c.conf" 2>&1
}
like "$(check '{ name = "door"; key = "sender"; max = 1; per = "1m";
	action = "reject"; }')" \
	'limits.door: anybody can forge a sender in MAIL FROM' \
	"fault 57: -t warns of a limit by sender alone"
like "$(check '{ name = "door"; key = "sender+recipient"; max = 1; per = "1m";
	action = "tempfail"; }')" 'anybody can forge a sender' \
	"fault 57: of one by sender and recipient"
like "$(check '{ name = "door"; key = "sender"; max = 1; per = "1m";
	match = { authenticated = false; };
	action = "discard"; }')" 'anybody can forge a sender' \
	"fault 57: and of one for mail without a login"
for shut in 'key = "sender"; match = { authenticated = true; };' \
	'key = "sender"; match = { client = [ "10.0.0.0/8" ]; };' \
	'key = "sender+client";' 'key = "auth";'; do
	out=$(check "{ name = \"door\"; $shut max = 1; per = \"1m\";
		action = \"reject\"; }")
	is "$?$(grep -c 'can forge' <<<"$out")" 00 \
		"fault 57: not of $shut"
done
"$BUILD/weir-milter" -t -c etc/weir.conf >"$work/out" 2>&1
is "$?$(grep -c 'can forge' "$work/out")" 00 "fault 57: nor of etc/weir.conf"
weir_stop a
is $? 0 "and it ends well"
done_testing
